(import (scheme base) (scheme inexact) (scheme read) (scheme write) (scheme time))
;; Fast Fourier transform of radix two, in place on two vectors of flonums, forward and back again.
;; The result is the greatest difference to the data that it began with.

(define pi (* 4.0 (atan 1.0)))

(define (swap! v i j)
  (let ((x (vector-ref v i)))
    (vector-set! v i (vector-ref v j))
    (vector-set! v j x)))

;; Brings every element to the place whose number has the same bits in reverse.
(define (reverse-bits! re im)
  (let ((n (vector-length re)))
    (let loop ((i 0) (j 0))
      (when (< i n)
        (when (< i j)
          (swap! re i j)
          (swap! im i j))
        (let carry ((bit (quotient n 2)) (j j))
          (if (and (> bit 0) (>= j bit))
              (carry (quotient bit 2) (- j bit))
              (loop (+ i 1) (+ j bit))))))))

;; The direction is 1.0 or -1.0; nothing is scaled.
(define (transform! re im direction)
  (let ((n (vector-length re)))
    (reverse-bits! re im)
    (let passes ((half 1))
      (when (< half n)
        (let ((angle (* direction (/ pi half))))
          (do ((k 0 (+ k 1))) ((= k half))
            (let* ((turn (* angle (inexact k))) (wr (cos turn)) (wi (sin turn)))
              (do ((i k (+ i half half))) ((>= i n))
                (let* ((j (+ i half))
                       (ar (vector-ref re i))
                       (ai (vector-ref im i))
                       (br (vector-ref re j))
                       (bi (vector-ref im j))
                       (tr (- (* wr br) (* wi bi)))
                       (ti (+ (* wr bi) (* wi br))))
                  (vector-set! re i (+ ar tr))
                  (vector-set! im i (+ ai ti))
                  (vector-set! re j (- ar tr))
                  (vector-set! im j (- ai ti))))))
          (passes (* half 2)))))))

(define (sample i) (- (/ (inexact (modulo (* i 7919) 1009)) 504.5) 1.0))

(define (greatest-difference n)
  (let ((re (make-vector n 0.0)) (im (make-vector n 0.0)))
    (do ((i 0 (+ i 1))) ((= i n))
      (vector-set! re i (sample i)))
    (transform! re im 1.0)
    (transform! re im -1.0)
    (do ((i 0 (+ i 1))
         (greatest 0.0 (max greatest
                            (abs (- (/ (vector-ref re i) n) (sample i)))
                            (abs (/ (vector-ref im i) n)))))
        ((= i n) greatest))))

(define (run-benchmark)
  (let* ((count (read)) (n (read)) (tolerance (read)))
    (run-r7rs-benchmark
     "fft"
     count
     (lambda () (greatest-difference (hide count n)))
     (lambda (result) (and (> result 0.0) (< result tolerance))))))
