//! The README names everything there is, and what it shows is true.
