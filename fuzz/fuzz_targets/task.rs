//! Files of tasks.

#![no_main]

use libfuzzer_sys::fuzz_target;
use midband::judge::Task;

fuzz_target!(|text: &str| {
    if let Ok(task) = Task::from_toml(text) {
        assert!(!task.name.is_empty());
        assert_eq!(task.digest(), task.clone().digest());
    }
});
