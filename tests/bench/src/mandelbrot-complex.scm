(import (scheme base) (scheme complex) (scheme read) (scheme write) (scheme time))
;; The Mandelbrot set over a grid, with complex numbers: generic arithmetic on inexact complex numbers.
;; The result is the number of steps over all points and the number of points that never escape.

(define (escape-steps c limit)
  (let loop ((z (make-rectangular 0.0 0.0)) (steps 0))
    (cond ((= steps limit) limit)
          ((> (magnitude z) 2.0) steps)
          (else (loop (+ (* z z) c) (+ steps 1))))))

;; The points are numbered from left to right and then by rows.
(define (grid-point k size)
  (let ((step (/ 2.5 size)))
    (make-rectangular (+ -2.0 (* step (remainder k size)))
                      (+ -1.25 (* step (quotient k size))))))

(define (count-grid size limit)
  (let loop ((k 0) (total 0) (inside 0))
    (if (= k (* size size))
        (list total inside)
        (let ((steps (escape-steps (grid-point k size) limit)))
          (loop (+ k 1)
                (+ total steps)
                (if (= steps limit) (+ inside 1) inside))))))

(define (run-benchmark)
  (let* ((count (read)) (size (read)) (limit (read)) (expected (read)))
    (run-r7rs-benchmark
     "mandelbrot-complex"
     count
     (lambda () (count-grid (hide count size) (hide count limit)))
     (lambda (result) (equal? result expected)))))
