;; R7RS for Chez Scheme 9.5, as far as the benchmark programs use it.
(import (except (chezscheme)
                assoc bytevector bytevector-copy bytevector-copy! call-with-output-file define-record-type
                error flush-output-port member open-output-file string->list string->utf8 string-copy
                string-copy! string-fill! utf8->string vector->list vector-copy vector-fill!)
        (prefix (only (chezscheme)
                      assoc bytevector-copy bytevector-copy! define-record-type error member
                      open-output-file string->list string->utf8 string-copy string-copy! utf8->string
                      vector->list vector-copy vector-fill!)
                chez:))

(define (this-scheme-implementation-name) "chez")
(define (current-jiffy) (let ((now (current-time 'time-monotonic)))
                          (+ (* 1000000000 (time-second now)) (time-nanosecond now))))
(define (jiffies-per-second) 1000000000)
(define (current-second) (/ (current-jiffy) 1e9))

(define-syntax define-record-type
  (lambda (form)
    (syntax-case form ()
      ((_ type (make parameter ...) test? (field get . set) ...)
       (with-syntax ((((kind ...) ...)
                      (map (lambda (field get set)
                             (if (null? (syntax->datum set))
                                 (list #'immutable field get)
                                 (cons* #'mutable field get set)))
                           #'(field ...) #'(get ...) #'(set ...)))
                     ((unset ...)
                      (let ((given (map syntax->datum #'(parameter ...))))
                        (filter (lambda (field) (not (memq (syntax->datum field) given))) #'(field ...)))))
         #'(chez:define-record-type (type make test?)
             (fields (kind ...) ...)
             (protocol (lambda (new)
                         (lambda (parameter ...)
                           (let ((unset #f) ...) (new field ...)))))))))))

(define (error message . irritants) (apply chez:error #f message irritants))
(define (error-object? object) (condition? object))
(define (error-object-message object) (condition-message object))
(define (error-object-irritants object) (condition-irritants object))
(define (flush-output-port . port) (void))
(define (list-set! list k x) (set-car! (list-tail list k) x))
(define (square x) (* x x))
(define (exact-integer? x) (and (integer? x) (exact? x)))
(define (floor/ n d) (let ((r (modulo n d))) (values (quotient (- n r) d) r)))
(define (floor-quotient n d) (quotient (- n (modulo n d)) d))
(define floor-remainder modulo)
(define (truncate/ n d) (values (quotient n d) (remainder n d)))
(define truncate-quotient quotient)
(define truncate-remainder remainder)

(define member
  (case-lambda
    ((x list) (chez:member x list))
    ((x list same?) (let next ((l list)) (cond ((null? l) #f) ((same? x (car l)) l) (else (next (cdr l))))))))
(define assoc
  (case-lambda
    ((x list) (chez:assoc x list))
    ((x list same?)
     (let next ((l list)) (cond ((null? l) #f) ((same? x (caar l)) (car l)) (else (next (cdr l))))))))

(define vector-copy
  (case-lambda
    ((v) (chez:vector-copy v))
    ((v start) (vector-copy v start (vector-length v)))
    ((v start end)
     (let ((new (make-vector (- end start))))
       (do ((i start (+ i 1))) ((= i end) new) (vector-set! new (- i start) (vector-ref v i)))))))
(define vector-copy!
  (case-lambda
    ((to at from) (vector-copy! to at from 0 (vector-length from)))
    ((to at from start) (vector-copy! to at from start (vector-length from)))
    ((to at from start end)
     (if (and (eq? to from) (> at start))
         (do ((i (- end 1) (- i 1))) ((< i start)) (vector-set! to (+ at (- i start)) (vector-ref from i)))
         (do ((i start (+ i 1))) ((= i end)) (vector-set! to (+ at (- i start)) (vector-ref from i)))))))
(define vector-fill!
  (case-lambda
    ((v x) (chez:vector-fill! v x))
    ((v x start) (vector-fill! v x start (vector-length v)))
    ((v x start end) (do ((i start (+ i 1))) ((= i end)) (vector-set! v i x)))))
(define vector->list
  (case-lambda
    ((v) (chez:vector->list v))
    ((v start) (chez:vector->list (vector-copy v start)))
    ((v start end) (chez:vector->list (vector-copy v start end)))))
(define (vector-append . vectors) (list->vector (apply append (map chez:vector->list vectors))))

(define string-copy
  (case-lambda
    ((s) (chez:string-copy s))
    ((s start) (substring s start (string-length s)))
    ((s start end) (substring s start end))))
(define string->list
  (case-lambda
    ((s) (chez:string->list s))
    ((s start) (chez:string->list (string-copy s start)))
    ((s start end) (chez:string->list (substring s start end)))))
(define string-copy!
  (case-lambda
    ((to at from) (chez:string-copy! from 0 to at (string-length from)))
    ((to at from start) (chez:string-copy! from start to at (- (string-length from) start)))
    ((to at from start end) (chez:string-copy! from start to at (- end start)))))
(define string-fill!
  (case-lambda
    ((s c) (string-fill! s c 0 (string-length s)))
    ((s c start) (string-fill! s c start (string-length s)))
    ((s c start end) (do ((i start (+ i 1))) ((= i end)) (string-set! s i c)))))
(define (string-map f . strings) (list->string (apply map f (map chez:string->list strings))))
(define (string->vector s) (list->vector (chez:string->list s)))
(define (vector->string v) (list->string (chez:vector->list v)))

(define (bytevector . bytes) (u8-list->bytevector bytes))
(define bytevector-copy
  (case-lambda
    ((b) (chez:bytevector-copy b))
    ((b start) (bytevector-copy b start (bytevector-length b)))
    ((b start end)
     (let ((new (make-bytevector (- end start))))
       (chez:bytevector-copy! b start new 0 (- end start))
       new))))
(define bytevector-copy!
  (case-lambda
    ((to at from) (bytevector-copy! to at from 0 (bytevector-length from)))
    ((to at from start) (bytevector-copy! to at from start (bytevector-length from)))
    ((to at from start end) (chez:bytevector-copy! from start to at (- end start)))))
(define utf8->string
  (case-lambda
    ((b) (chez:utf8->string b))
    ((b start) (chez:utf8->string (bytevector-copy b start)))
    ((b start end) (chez:utf8->string (bytevector-copy b start end)))))
(define string->utf8
  (case-lambda
    ((s) (chez:string->utf8 s))
    ((s start) (chez:string->utf8 (string-copy s start)))
    ((s start end) (chez:string->utf8 (substring s start end)))))

(define read-line
  (case-lambda (() (get-line (current-input-port))) ((port) (get-line port))))
(define (read-string count . port) (get-string-n (if (null? port) (current-input-port) (car port)) count))
(define (write-string string . port) (put-string (if (null? port) (current-output-port) (car port)) string))
(define (read-u8 . port) (get-u8 (if (null? port) (current-input-port) (car port))))
(define (peek-u8 . port) (lookahead-u8 (if (null? port) (current-input-port) (car port))))
(define (read-bytevector count port) (get-bytevector-n port count))
(define (write-bytevector bytes port) (put-bytevector port bytes))
(define open-input-bytevector open-bytevector-input-port)
(define write-simple write)
(define write-shared write)
(define (write-u8 byte port) (put-u8 port byte))

;; For the ASCII digits only.
(define (digit-value c) (and (char<=? #\0 c #\9) (- (char->integer c) 48)))

(define (bytevector-append . parts)
  (let ((new (make-bytevector (apply + (map bytevector-length parts)))))
    (let next ((rest parts) (at 0))
      (cond ((null? rest) new)
            (else
             (bytevector-copy! new at (car rest))
             (next (cdr rest) (+ at (bytevector-length (car rest)))))))))

;; A file that is there already is written anew.
(define (open-output-file path) (chez:open-output-file path 'replace))
(define (call-with-output-file path receive) (call-with-port (open-output-file path) receive))

(define-syntax delay-force (syntax-rules () ((_ expression) (delay (force expression)))))

(define (make-bench-table) (make-hashtable equal-hash equal?))
(define (bench-table-ref table key default) (hashtable-ref table key default))
(define (bench-table-set! table key value) (hashtable-set! table key value))
(define (bench-table-count table) (hashtable-size table))
