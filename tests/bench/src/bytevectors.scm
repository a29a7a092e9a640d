(import (scheme base) (scheme read) (scheme write) (scheme time))
;; Checksums and run-length coding over bytevectors. CRC-32 keeps its four bytes in variables of
;; their own, and the exclusive or of two bytes is looked up, as there are no operations on bits.

(define (xor-slowly a b)
  (if (and (= a 0) (= b 0))
      0
      (+ (* 2 (xor-slowly (quotient a 2) (quotient b 2)))
         (if (= (remainder a 2) (remainder b 2)) 0 1))))

(define xor-table
  (let ((table (make-bytevector 65536 0)))
    (do ((k 0 (+ k 1))) ((= k 65536) table)
      (bytevector-u8-set! table k (xor-slowly (quotient k 256) (remainder k 256))))))

(define (xor a b) (bytevector-u8-ref xor-table (+ (* 256 a) b)))

;; What a byte adds to the CRC: a 32-bit number for each of the 256 bytes.
(define (crc-entry byte)
  (let loop ((k 0) (crc byte))
    (cond ((= k 8) crc)
          ((odd? crc) (loop (+ k 1) (xor-slowly (quotient crc 2) #xEDB88320)))
          (else (loop (+ k 1) (quotient crc 2))))))

;; The table of one of the four bytes of the entries, 0 being the lowest.
(define (crc-table which)
  (let ((table (make-bytevector 256 0)))
    (do ((k 0 (+ k 1))) ((= k 256) table)
      (bytevector-u8-set! table k (remainder (quotient (crc-entry k) (expt 256 which)) 256)))))

(define table-0 (crc-table 0))
(define table-1 (crc-table 1))
(define table-2 (crc-table 2))
(define table-3 (crc-table 3))

(define (crc-32 bytes)
  (let ((end (bytevector-length bytes)))
    (let loop ((i 0) (b0 255) (b1 255) (b2 255) (b3 255))
      (if (= i end)
          (+ (* 16777216 (- 255 b3)) (* 65536 (- 255 b2)) (* 256 (- 255 b1)) (- 255 b0))
          (let ((k (xor b0 (bytevector-u8-ref bytes i))))
            (loop (+ i 1)
                  (xor b1 (bytevector-u8-ref table-0 k))
                  (xor b2 (bytevector-u8-ref table-1 k))
                  (xor b3 (bytevector-u8-ref table-2 k))
                  (bytevector-u8-ref table-3 k)))))))

(define (adler-32 bytes)
  (let ((end (bytevector-length bytes)))
    (let loop ((i 0) (a 1) (b 0))
      (if (= i end)
          (+ (* 65536 b) a)
          (let ((a (modulo (+ a (bytevector-u8-ref bytes i)) 65521)))
            (loop (+ i 1) a (modulo (+ a b) 65521)))))))

(define (run-end bytes i)
  (let ((byte (bytevector-u8-ref bytes i))
        (end (min (bytevector-length bytes) (+ i 255))))
    (let loop ((j (+ i 1)))
      (if (and (< j end) (= (bytevector-u8-ref bytes j) byte))
          (loop (+ j 1))
          j))))

;; Pairs of a length up to 255 and the byte.
(define (packed bytes)
  (let ((out (make-bytevector (* 2 (bytevector-length bytes)) 0))
        (end (bytevector-length bytes)))
    (let loop ((i 0) (at 0))
      (if (= i end)
          (bytevector-copy out 0 at)
          (let ((j (run-end bytes i)))
            (bytevector-u8-set! out at (- j i))
            (bytevector-u8-set! out (+ at 1) (bytevector-u8-ref bytes i))
            (loop j (+ at 2)))))))

(define (unpacked bytes size)
  (let ((out (make-bytevector size 0)))
    (let loop ((i 0) (at 0))
      (if (= i (bytevector-length bytes))
          out
          (let ((end (+ at (bytevector-u8-ref bytes i)))
                (byte (bytevector-u8-ref bytes (+ i 1))))
            (do ((k at (+ k 1))) ((= k end))
              (bytevector-u8-set! out k byte))
            (loop (+ i 2) end))))))

;; Runs of random lengths and bytes.
(define (make-bytes size)
  (let ((bytes (make-bytevector size 0)))
    (let loop ((i 0) (left 0) (byte 0) (seed 31))
      (cond ((= i size) bytes)
            ((= left 0)
             (loop i
                   (+ 1 (modulo (quotient seed 4096) 7))
                   (modulo (quotient seed 65536) 256)
                   (modulo (+ (* seed 1103515245) 12345) 2147483648)))
            (else
             (bytevector-u8-set! bytes i byte)
             (loop (+ i 1) (- left 1) byte seed))))))

(define (work bytes)
  (let ((short (packed bytes)))
    (list (crc-32 bytes)
          (adler-32 bytes)
          (bytevector-length short)
          (crc-32 short)
          (equal? bytes (unpacked short (bytevector-length bytes))))))

(define (run-benchmark)
  (let* ((count (read)) (size (read)) (expected (read))
         (bytes (make-bytes size)))
    (run-r7rs-benchmark
     "bytevectors"
     count
     (lambda () (work (hide count bytes)))
     (lambda (result) (equal? result expected)))))
