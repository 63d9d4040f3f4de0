//! The window's program. It decides nothing; see the library beside it.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

fn main() -> std::process::ExitCode {
    // Windows of WebKitGTK stay blank with some graphics drivers otherwise (reported through 2026).
    #[cfg(target_os = "linux")]
    if std::env::var_os("WEBKIT_DISABLE_DMABUF_RENDERER").is_none() {
        #[expect(unsafe_code, reason = "no other thread runs yet, so nobody reads the environment")]
        // SAFETY: this is the first statement of the program; it has one thread.
        unsafe {
            std::env::set_var("WEBKIT_DISABLE_DMABUF_RENDERER", "1");
        }
    }
    attune_desktop::run()
}
