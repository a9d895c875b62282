using Linkerd.Tcp.Cli.Naming;
using Linkerd.Tcp.Cli.Primitives;
using Linkerd.Tcp.Hosting;

namespace Linkerd.Tcp.Cli.Configuration;

/// <summary>Runs <c>config show</c>.</summary>
internal static class ConfigurationShowRunner
{
    private const string Heading = "# Printed by linkerd-tcp config show. Behind each value is its origin; a key that is a comment has no value, and shows its default.\n";

    /// <summary>Shows a file.</summary>
    /// <param name="file">The path; <c>-</c> for the standard input.</param>
    /// <param name="isJson">True for JSON, which has no comments.</param>
    /// <param name="showSecrets">True if secrets are printed.</param>
    /// <param name="output">Receives the configuration.</param>
    /// <param name="errors">Receives the problems.</param>
    /// <returns>The exit code.</returns>
    public static int Run(string file, bool isJson, bool showSecrets, TextWriter output, TextWriter errors)
    {
        var reading = ConfigurationFile.Read(file, KnownKinds.Table, Environment.GetEnvironmentVariable);
        foreach (var warning in reading.Warnings)
        {
            errors.Write($"warning: {warning}\n");
        }

        foreach (var error in reading.Errors)
        {
            errors.Write($"{error}\n");
        }

        if (reading.Configuration is not { } configuration)
        {
            return ExitCode.Configuration;
        }

        output.Write(Print(configuration, reading.Origins(), otherOrigin: null, isJson, showSecrets));
        return ExitCode.Success;
    }

    /// <summary>Prints a configuration with the origins of its values.</summary>
    public static string Print(ProxyConfiguration configuration, IReadOnlyDictionary<string, string> origins, string? otherOrigin, bool isJson, bool showSecrets)
    {
        var options = new ConfigurationPrinterOptions { ShowSecrets = showSecrets, Origins = origins, OtherOrigin = otherOrigin };
        return isJson ? ConfigurationPrinter.PrintJson(configuration, KnownKinds.Table, options) : Heading + ConfigurationPrinter.Print(configuration, KnownKinds.Table, options);
    }
}
