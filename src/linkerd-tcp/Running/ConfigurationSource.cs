using Linkerd.Tcp.Cli.Configuration;
using Linkerd.Tcp.Cli.Naming;

namespace Linkerd.Tcp.Cli.Running;

/// <summary>Represents the file that a process was started with.</summary>
/// <param name="file">The path; <c>-</c> for the standard input, which cannot be read again.</param>
/// <param name="isWatched">True if the command line has the option to watch the file, whatever the file itself has.</param>
internal sealed class ConfigurationSource(string file, bool isWatched)
{
    private bool _isRead;

    /// <summary>Gets the path; null if the file cannot be read again.</summary>
    public string? Path => file == ConfigurationFile.StandardInput ? null : file;

    /// <summary>Gets a value that indicates whether the file, as it was read last, has an admin server.</summary>
    public bool HasAdmin { get; private set; }

    /// <summary>Gets the name for messages.</summary>
    public string Name => Path ?? "the standard input";

    /// <summary>Reads the file; does not throw for its content. One call at a time.</summary>
    public ReadConfiguration Read()
    {
        if (_isRead && Path is null)
        {
            return new(null, ["the configuration came from the standard input, which cannot be read again; expected a file, with --config FILE"], [], static (_, message) => message);
        }

        _isRead = true;
        var reading = ConfigurationFile.Read(file, KnownKinds.Table, Environment.GetEnvironmentVariable);
        HasAdmin = reading.Has("admin");
        if (isWatched && reading.Configuration is { } configuration)
        {
            configuration.WatchConfig = true;
        }

        return new(
            reading.Configuration,
            [.. reading.Errors.Select(static error => error.ToString())],
            [.. reading.Warnings.Select(static warning => warning.ToString())],
            (path, message) => reading.ProblemAt(path, message).ToString());
    }
}
