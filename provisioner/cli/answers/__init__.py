"""What commands answer: each answer says itself as JSON, exactly as in the contract, and in French at a terminal."""
