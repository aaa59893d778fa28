import ArgumentParser

struct RulesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rules",
    abstract: "Rules in Falco's language: checks them, describes them, and asks them of captures.",
    discussion: """
      EXAMPLES:
        reel rules check falco_rules.yaml my_rules.yaml
        reel rules list -r falco_rules.yaml
        reel rules run host.reel -r falco_rules.yaml
        reel rules run captures/ -r falco_rules.yaml my_rules.yaml --report tags
      """,
    subcommands: [RulesCheckCommand.self, RulesListCommand.self, RulesRunCommand.self])
}
