(define sharp '(STRASSE Straße |Straße| ΣΑΣ))
