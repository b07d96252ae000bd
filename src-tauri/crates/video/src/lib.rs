//! Camera pictures: capture, scaling, JPEG, pacing.
