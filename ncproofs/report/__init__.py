"""What people read: text, JSON, JUnit, LaTeX."""
