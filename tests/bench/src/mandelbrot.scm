(import (scheme base) (scheme read) (scheme write) (scheme time))
;; The Mandelbrot set over a square grid, with real and imaginary parts in flonum variables.
;; The result is the number of steps over all points and the number of points that never escape.

(define (escape-steps cx cy limit)
  (let loop ((x 0.0) (y 0.0) (steps 0))
    (if (= steps limit)
        limit
        (let ((xx (* x x)) (yy (* y y)))
          (if (> (+ xx yy) 4.0)
              steps
              (loop (+ (- xx yy) cx) (+ (* 2.0 x y) cy) (+ steps 1)))))))

(define (count-grid size limit)
  (let ((step (/ 2.5 size)))
    (let rows ((row 0) (total 0) (inside 0))
      (if (= row size)
          (list total inside)
          (let ((cy (+ -1.25 (* step row))))
            (let columns ((column 0) (total total) (inside inside))
              (if (= column size)
                  (rows (+ row 1) total inside)
                  (let ((steps (escape-steps (+ -2.0 (* step column)) cy limit)))
                    (columns (+ column 1)
                             (+ total steps)
                             (if (= steps limit) (+ inside 1) inside))))))))))

(define (run-benchmark)
  (let* ((count (read)) (size (read)) (limit (read)) (expected (read)))
    (run-r7rs-benchmark
     "mandelbrot"
     count
     (lambda () (count-grid (hide count size) (hide count limit)))
     (lambda (result) (equal? result expected)))))
