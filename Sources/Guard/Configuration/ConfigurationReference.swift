extension ConfigurationTable {
  /// The reference of the configuration as a Markdown document: `formats/guard.md`.
  public static var markdown: String {
    var text = """
      # The guard's configuration

      `reel guard --config FILE` reads one YAML file, and reads it again when it changes or at SIGHUP. `reel guard check --config FILE` says
      everything that is wrong in it. A key that is not listed here, or stands twice, is an error. This page is made from the table that the
      file is read with: `reel guard reference`.

      | What | How it is written |
      |---|---|
      | DURATION | a number and a unit: `250ms`, `10s`, `5m`, `1.5h`, `7d` |
      | SIZE | bytes, or a number and a unit: `512KiB`, `64MiB`, `1GiB`; `1GB` is a thousand millions |
      | FILTER | the filter language of `reel events` |
      | PATH | relative to the folder of the configuration file, or absolute |
      | SECRET | `file:PATH` (its first line; nobody else should be able to read it), `env:NAME`, or the value itself |

      """
    for section in sections {
      text += "\n## `\(section.path)`\n"
      if !section.help.isEmpty { text += "\n\(section.help)\n" }
      text += "\n| Key | Takes | Without it | Says |\n|---|---|---|---|\n"
      for key in section.keys {
        text += "| `\(key.name)` | \(key.form) | \(key.standard) | \(key.help) |\n"
      }
    }
    return text
  }
}
