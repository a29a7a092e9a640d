; Templates become cons and append; what is constant stays one constant.
(define (lists x y) `(a (b ,x) (c d) ,@y (e f)))
(define (vectors x) `#(1 ,x))
(define (nested x) `(1 `(2 ,(3 ,x))))
(define (constant) `(a (b c) #(d)))
