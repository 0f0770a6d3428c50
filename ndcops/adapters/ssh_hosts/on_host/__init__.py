"""What is put on every host: the guard, standard library only (Python 3.11 and later); `bundle` packs it."""
