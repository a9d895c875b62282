namespace Linkerd.Tcp.Hosting;

/// <summary>
/// Represents the settings of the connections of a router to endpoints: for all names (<c>io.l5d.global</c>), and by prefix (<c>io.l5d.static</c>).
/// </summary>
public sealed class ClientConfiguration
{
    /// <summary>Gets or sets the settings of all names.</summary>
    public ClientSettings Global { get; set; } = new();

    /// <summary>Gets or sets settings by prefix, in the order in which they are merged. Default: none.</summary>
    public IReadOnlyList<ClientSettings> Configs { get; set; } = [];

    /// <summary>
    /// Gets the settings of a name: the ones of all names, and over them those of each prefix that the name begins with, in order, each over the ones before it. A prefix that is longer
    /// than the name does not match.
    /// </summary>
    public ClientSettings For(DstPath name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var merged = new ClientSettings();
        foreach (var settings in Configs.Where(settings => name.StartsWith(settings.Prefix)).Prepend(Global))
        {
            foreach (var option in ClientOptions.Merged)
            {
                option.CopyTo(settings, merged);
            }
        }

        return merged;
    }

    // What is nested in settings is replaced and never changed.
    internal ClientConfiguration Copy() => new() { Global = Copy(Global), Configs = [.. Configs.Select(Copy)] };

    private static ClientSettings Copy(ClientSettings settings)
    {
        var copy = new ClientSettings { Prefix = settings.Prefix };
        foreach (var option in ClientOptions.Merged)
        {
            option.CopyTo(settings, copy);
        }

        return copy;
    }
}
