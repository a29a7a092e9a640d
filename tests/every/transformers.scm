; Macros whose transformers are procedures: suspended at each instruction, also in the middle of a
; transformer and between its calls.

(define-syntax exchange!
  (er-macro-transformer
    (lambda (form rename compare)
      (let ((a (cadr form)) (b (caddr form)))
        `(,(rename 'let) ((,(rename 'tmp) ,a))
           (,(rename 'set!) ,a ,b)
           (,(rename 'set!) ,b ,(rename 'tmp)))))))

(define-syntax my-or
  (lambda (x)
    (syntax-case x ()
      ((_) #'#f)
      ((_ e) #'e)
      ((_ e1 e2 ...) #'(let ((t e1)) (if t t (my-or e2 ...)))))))

(define tmp 1)
(define t 2)
(exchange! tmp t)
(display (list tmp t (my-or #f t)))
(newline)
