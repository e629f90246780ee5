//! What the command line says when it cannot do what it is asked.

use crate::harness::slipway;
use std::process::Output;

fn complained(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn what_the_command_line_cannot_use_is_said_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let toml = "[application]\nid = \"019b76da-a800-7000-8000-00000000f001\"\nname = \"Desk\"\n\n                [[module]]\nid = \"019b76da-a800-7000-8000-00000000f002\"\nname = \"Desk\"\n                kind = \"static\"\npath = \"site\"\nurl_path = \"/desk\"\n";
    let publish = |manifest: &[u8], variables: &[(&str, &str)], expected: &str| {
        std::fs::write(folder.path().join("slipway.toml"), manifest).unwrap();
        let mut command = slipway();
        command
            .args(["publish", "--environment", "Development"])
            .arg(folder.path())
            .env_remove("SLIPWAY_TOKEN")
            .env_remove("SLIPWAY_CONSOLE")
            .envs(variables.iter().copied());
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        let said = complained(&output);
        assert!(said.contains(expected), "{said}");
        assert!(!said.contains("slipway init"), "{said}");
    };
    publish(toml.as_bytes(), &[], "slipway.toml:9:8: ");
    publish(b"# \xff", &[], "slipway.toml:1:3: this is not UTF-8");
    std::fs::create_dir(folder.path().join("site")).unwrap();
    std::fs::write(folder.path().join("site/index.html"), "x").unwrap();
    publish(toml.as_bytes(), &[], "SLIPWAY_TOKEN holds none");
    publish(
        toml.as_bytes(),
        &[("SLIPWAY_TOKEN", "")],
        "SLIPWAY_TOKEN holds none",
    );
    publish(
        toml.as_bytes(),
        &[("SLIPWAY_TOKEN", "slp_x"), ("SLIPWAY_CONSOLE", "garbage")],
        "\"garbage\" is no address of a console",
    );
    let mut command = slipway();
    command.args([
        "token",
        "create",
        "--account",
        "ci",
        "--name",
        "x",
        "--days",
        "-1",
    ]);
    let said = complained(&command.output().unwrap());
    assert!(said.contains("-1 is not in 1..=3650"), "{said}");
}
