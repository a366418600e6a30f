//! Large runbooks, made to order; `benches/check.rs` uses the same file.

use std::fmt::Write as _;

/// A sound runbook of that many steps of four kinds, with references, text, conditions and maps.
pub(crate) fn runbook(steps: usize) -> String {
    let mut text = "runbook: large\nversion: 1.0.0\ninputs:\n  bucket: {type: string, default: backups}\n\
                    secrets:\n  aura: {env: [AURA_CLIENT_ID, AURA_CLIENT_SECRET]}\nsteps:\n"
        .to_owned();
    for step in 0..steps {
        let first = step - step % 4;
        let _ = match step % 4 {
            0 => writeln!(
                text,
                "  - id: s{step}\n    uses: aura.instance.get\n    with: {{instance_id: 0a1b2c3d}}\n    save: c{step}.json"
            ),
            1 => writeln!(
                text,
                "  - id: s{step}\n    uses: assert\n    with:\n      that: \"{{{{ steps.s{first}.status == 'running' }}}}\"\n      \
                 message: \"{{{{ steps.s{first}.name }}}} does not run; see {{{{ inputs.bucket }}}}\""
            ),
            2 => writeln!(
                text,
                "  - id: s{step}\n    uses: audit.entry\n    needs: [s{}]\n    with:\n      subject: \"{{{{ steps.s{first}.id }}}}\"\n      \
                 title: Entry {step}\n      fields: {{name: \"{{{{ steps.s{first}.name }}}}\", region: \"{{{{ steps.s{first}.region }}}}\"}}",
                step - 1
            ),
            _ => writeln!(
                text,
                "  - id: s{step}\n    uses: file.write\n    when: \"{{{{ steps.s{}.that }}}}\"\n    timeout: 5m\n    \
                 with: {{path: f{step}.txt, content: \"{{{{ steps.s{first} }}}}\"}}",
                step - 2
            ),
        };
    }
    if steps == 0 {
        return text;
    }
    // The input counts as used even in a runbook of one step.
    text.push_str("outputs: {bucket: \"{{ inputs.bucket }}\"}\n");
    text
}

/// A sound runbook of that many steps, each waiting for the one before it.
pub(crate) fn chain(steps: usize) -> String {
    let mut text = "runbook: chain\nversion: 1.0.0\nsteps:\n".to_owned();
    for step in 0..steps {
        let _ = writeln!(text, "  - id: s{step}\n    uses: assert\n    with: {{that: true}}");
        if step > 0 {
            let _ = writeln!(text, "    needs: [s{}]", step - 1);
        }
    }
    text
}
