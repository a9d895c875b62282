using System.Globalization;
using Linkerd.Tcp.Hosting;

namespace Linkerd.Tcp.Cli.Configuration;

/// <summary>Represents the result of reading a configuration file: a configuration, or errors. Immutable; any thread.</summary>
/// <param name="file">The path of the file; <c>-</c> for the standard input.</param>
/// <param name="configuration">The configuration; null if there are errors.</param>
/// <param name="problems">The problems of the file.</param>
/// <param name="positions">The places of keys and items of lists, by their path.</param>
/// <param name="variables">The environment variables in values, by the paths of these.</param>
internal sealed class ConfigurationReading(
    string file, ProxyConfiguration? configuration, ConfigurationProblems problems, IReadOnlyDictionary<string, TextPosition> positions, IReadOnlyDictionary<string, string> variables)
{
    /// <summary>The path of the file; <c>-</c> for the standard input.</summary>
    public string File => file;

    /// <summary>The configuration, which is valid; null if there are errors.</summary>
    public ProxyConfiguration? Configuration => configuration;

    /// <summary>The errors, in the order of the file.</summary>
    public IReadOnlyList<ConfigurationProblem> Errors { get; } = problems.Errors;

    /// <summary>The warnings, in the order of the file.</summary>
    public IReadOnlyList<ConfigurationProblem> Warnings { get; } = problems.Warnings;

    /// <summary>Gets the origins of values, by their path: <c>linkerd.yml:7</c>, or also <c>linkerd.yml:7, environment NAME</c>.</summary>
    public IReadOnlyDictionary<string, string> Origins() => positions.ToDictionary(
        static place => place.Key,
        place => string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileName(file)}:{place.Value.Line}") + (variables.TryGetValue(place.Key, out var names) ? $", environment {names}" : string.Empty));

    /// <summary>Returns true if the file has a key, such as <c>admin</c> or <c>routers[0].client</c>.</summary>
    public bool Has(string path) => positions.ContainsKey(path);

    /// <summary>Creates a problem of a part of the configuration that is found later, such as a file of a certificate that cannot be used.</summary>
    /// <param name="path">The path of the key, such as <c>routers[0].servers[0].tls.trustCerts</c>.</param>
    /// <param name="message">The problem and the expected value.</param>
    public ConfigurationProblem ProblemAt(string path, string message) => problems.Make(PositionOf(positions, path), path, message);

    /// <summary>Finds the place of a key, or else of the nearest part around it; null if there is none.</summary>
    internal static TextPosition? PositionOf(IReadOnlyDictionary<string, TextPosition> positions, string path)
    {
        for (var end = path.Length; end > 0; end = path.AsSpan(0, end).LastIndexOfAny('.', '['))
        {
            if (positions.TryGetValue(path[..end], out var position))
            {
                return position;
            }
        }

        return positions.TryGetValue(string.Empty, out var root) ? root : null;
    }
}
