//! The page in a real browser: real daemons against the simulators, looked at in both themes, at three widths, on paper and without
//! a script, checked by axe-core; read by keyboard, followed live, and left by its daemon. Any console error, broken policy or
//! request to elsewhere is a failure. Pictures go to `$ITSMD_SHOTS`.

mod buttons;
mod live;
mod looks;
mod window;
mod world;
