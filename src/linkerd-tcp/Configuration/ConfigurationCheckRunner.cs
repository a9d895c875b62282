using System.Globalization;
using Linkerd.Tcp.Cli.Naming;
using Linkerd.Tcp.Cli.Primitives;
using Linkerd.Tcp.Hosting;
using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Cli.Configuration;

/// <summary>Runs <c>config check</c>.</summary>
internal static class ConfigurationCheckRunner
{
    /// <summary>Checks a file, with the files of certificates that it names.</summary>
    /// <param name="file">The path; <c>-</c> for the standard input.</param>
    /// <param name="output">Receives a line if the file is valid.</param>
    /// <param name="errors">Receives the problems.</param>
    /// <returns>The exit code.</returns>
    public static int Run(string file, TextWriter output, TextWriter errors)
    {
        var reading = ConfigurationFile.Read(file, KnownKinds.Table, Environment.GetEnvironmentVariable);
        var problems = reading.Configuration is { } configuration ? FindFileProblems(reading, configuration) : reading.Errors;
        foreach (var warning in reading.Warnings.Select(static warning => warning.ToString()).Concat(FindUnknownNamers(reading)))
        {
            errors.Write($"warning: {warning}\n");
        }

        foreach (var problem in problems)
        {
            errors.Write($"{problem}\n");
        }

        if (problems.Count > 0)
        {
            return ExitCode.Configuration;
        }

        output.Write($"{file} is valid\n");
        return ExitCode.Success;
    }

    private static IReadOnlyList<ConfigurationProblem> FindFileProblems(ConfigurationReading reading, ProxyConfiguration configuration)
    {
        try
        {
            ConfigurationCheck.ValidateFiles(configuration);
            return [];
        }
        catch (InvalidOptionsException invalid)
        {
            return [.. invalid.Errors.Select(error => reading.ProblemAt(error.Path, error.Message))];
        }
    }

    private static IEnumerable<string> FindUnknownNamers(ConfigurationReading reading) => (reading.Configuration?.Routers ?? []).SelectMany((router, index) =>
        NamedTarget.Of(router.Servers).SelectMany(target => new TargetNaming(target.Tree, router.Interpreter).FindUnknownNamers()).Distinct()
            .Select(warning => reading.ProblemAt(string.Create(CultureInfo.InvariantCulture, $"routers[{index}].interpreter"), warning).ToString()));
}
