; Vectors: whatever visits their elements.

(define (vector . items) (list->vector items))

(define (list->vector items)
  (let* ((count (length items)) (made (make-vector count 0)))
    (let loop ((index 0) (rest items))
      (if (= index count)
          made
          (begin
            (vector-set! made index (car rest))
            (loop (+ index 1) (cdr rest)))))))

(define (vector->list items . range)
  (let ((start (%range-start range)))
    (let loop ((index (- (%range-end range (vector-length items)) 1)) (made '()))
      (if (< index start)
          made
          (loop (- index 1) (cons (vector-ref items index) made))))))

(define (vector-fill! items value . range)
  (let ((end (%range-end range (vector-length items))))
    (let loop ((index (%range-start range)))
      (if (< index end)
          (begin
            (vector-set! items index value)
            (loop (+ index 1)))))))

(define (vector-copy! to at from . range)
  (let ((start (%range-start range)) (end (%range-end range (vector-length from))))
    (if (> (+ at (- end start)) (vector-length to))
        (error "vector-copy! expects room for the elements, found" (- (vector-length to) at)))
    (if (and (eq? to from) (< start at))
        (let loop ((index (- end 1)))
          (if (>= index start)
              (begin
                (vector-set! to (+ at (- index start)) (vector-ref from index))
                (loop (- index 1)))))
        (let loop ((index start))
          (if (< index end)
              (begin
                (vector-set! to (+ at (- index start)) (vector-ref from index))
                (loop (+ index 1))))))))

(define (vector-copy items . range)
  (let* ((start (%range-start range))
         (end (%range-end range (vector-length items)))
         (made (make-vector (- end start) 0)))
    (vector-copy! made 0 items start end)
    made))

(define (vector-append . vectors)
  (let* ((made (make-vector (%apply + (%map1 vector-length vectors)) 0)))
    (let loop ((at 0) (rest vectors))
      (if (null? rest)
          made
          (begin
            (vector-copy! made at (car rest))
            (loop (+ at (vector-length (car rest))) (cdr rest)))))))

(define (vector-map procedure items . more)
  (list->vector
    (%apply map (cons procedure (%map1 vector->list (cons items more))))))

(define (vector-for-each procedure items . more)
  (if (null? more)
      (let ((count (vector-length items)))
        (let loop ((index 0))
          (if (< index count)
              (begin
                (procedure (vector-ref items index))
                (loop (+ index 1))))))
      (%apply for-each (cons procedure (%map1 vector->list (cons items more))))))
