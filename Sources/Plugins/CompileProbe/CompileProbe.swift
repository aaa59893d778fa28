import Foundation
import PackagePlugin

/// Compiles the kernel program with the toolchain's own clang and embeds the object into the target as text.
///
/// Editing a source of the program reruns just this step: all of them are input files.
@main
struct CompileProbe: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: Target) throws -> [Command] {
    let probe = context.package.directoryURL.appending(path: "Sources/Probe")
    let sources = try FileManager.default.subpathsOfDirectory(atPath: probe.path)
      .filter { $0.hasSuffix(".h") || $0.hasSuffix(".bpf.c") }
      .sorted()
      .map { probe.appending(path: $0) }
    let output = context.pluginWorkDirectoryURL.appending(path: "ProbeObjects.swift")
    return [
      .buildCommand(
        displayName: "Compiling the kernel program",
        executable: try context.tool(named: "ProbeCompiler").url,
        arguments: [
          try context.tool(named: "clang").url.path, probe.path, context.pluginWorkDirectoryURL.path, output.path,
        ],
        inputFiles: sources,
        outputFiles: [output])
    ]
  }
}
