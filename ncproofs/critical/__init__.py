"""Critical points: closed forms, their spectra, and certified isolated points."""
