; Strings and characters: procedures of any number of arguments and conversions.

(define (string . characters) (list->string characters))

(define (string-append . strings)
  (cond ((null? strings) "")
        ((null? (cdr strings)) (string-copy (car strings)))
        ((null? (cddr strings)) (%string-append2 (car strings) (cadr strings)))
        (else
          ; In pairs, so that many strings cost n log n and not n squared.
          (let pairs ((rest strings) (joined '()))
            (cond ((null? rest) (%apply string-append (reverse joined)))
                  ((null? (cdr rest)) (%apply string-append (reverse (cons (car rest) joined))))
                  (else
                    (pairs (cddr rest)
                           (cons (%string-append2 (car rest) (cadr rest)) joined))))))))

(define (list->string characters)
  (let* ((count (length characters)) (made (make-string count #\space)))
    (let loop ((index 0) (rest characters))
      (if (= index count)
          made
          (begin
            (string-set! made index (car rest))
            (loop (+ index 1) (cdr rest)))))))

(define (%range-start options) (if (pair? options) (car options) 0))
(define (%range-end options length)
  (if (and (pair? options) (pair? (cdr options))) (cadr options) length))

(define (string->list text . range)
  (let ((start (%range-start range)))
    (let loop ((index (- (%range-end range (string-length text)) 1)) (made '()))
      (if (< index start)
          made
          (loop (- index 1) (cons (string-ref text index) made))))))

(define (string->vector text . range)
  (list->vector (%apply string->list (cons text range))))
(define (vector->string items . range)
  (list->string (%apply vector->list (cons items range))))

(define (string-map procedure text . more)
  (list->string (%apply map (cons procedure (%map1 string->list (cons text more))))))
(define (string-for-each procedure text . more)
  (%apply for-each (cons procedure (%map1 string->list (cons text more)))))

(define (%compare-texts related? first second rest)
  (let loop ((left first) (right second) (rest rest) (holds #t))
    (let ((holds (if (related? left right) holds #f)))
      (if (null? rest) holds (loop right (car rest) (cdr rest) holds)))))

(define (string=? a b . rest) (%compare-texts %string=? a b rest))
(define (string<? a b . rest) (%compare-texts %string<? a b rest))
(define (string>? a b . rest) (%compare-texts (lambda (a b) (%string<? b a)) a b rest))
(define (string<=? a b . rest) (%compare-texts (lambda (a b) (not (%string<? b a))) a b rest))
(define (string>=? a b . rest) (%compare-texts (lambda (a b) (not (%string<? a b))) a b rest))
(define (string-ci=? a b . rest) (%compare-texts %string-ci=? a b rest))
(define (string-ci<? a b . rest) (%compare-texts %string-ci<? a b rest))
(define (string-ci>? a b . rest) (%compare-texts (lambda (a b) (%string-ci<? b a)) a b rest))
(define (string-ci<=? a b . rest)
  (%compare-texts (lambda (a b) (not (%string-ci<? b a))) a b rest))
(define (string-ci>=? a b . rest)
  (%compare-texts (lambda (a b) (not (%string-ci<? a b))) a b rest))

(define (%character-relation related? key)
  (lambda (a b . rest)
    (%compare-texts (lambda (a b) (related? (key a) (key b))) a b rest)))
(define (%folded character) (char->integer (char-foldcase character)))

(define char=? (%character-relation %num-equal char->integer))
(define char<? (%character-relation %less char->integer))
(define char>? (%character-relation (lambda (a b) (%less b a)) char->integer))
(define char<=? (%character-relation %less-equal char->integer))
(define char>=? (%character-relation (lambda (a b) (%less-equal b a)) char->integer))
(define char-ci=? (%character-relation %num-equal %folded))
(define char-ci<? (%character-relation %less %folded))
(define char-ci>? (%character-relation (lambda (a b) (%less b a)) %folded))
(define char-ci<=? (%character-relation %less-equal %folded))
(define char-ci>=? (%character-relation (lambda (a b) (%less-equal b a)) %folded))

(define (symbol=? first second . rest)
  (let loop ((left first) (rest (cons second rest)))
    (cond ((null? rest) #t)
          ((eq? left (car rest)) (loop (car rest) (cdr rest)))
          (else #f))))

(define (string-join strings . delimiter)
  (let ((delimiter (if (null? delimiter) " " (car delimiter))))
    (if (null? strings)
        ""
        (let loop ((rest (cdr strings)) (parts (cons (car strings) '())))
          (if (null? rest)
              (%apply string-append (reverse parts))
              (loop (cdr rest) (cons (car rest) (cons delimiter parts))))))))
