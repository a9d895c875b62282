namespace Linkerd.Tcp.Hosting;

/// <summary>
/// Represents the settings of the connections of a router to endpoints: for all names (<c>io.l5d.global</c>), and by prefix (<c>io.l5d.static</c>). For a name,
/// those of all names hold, and over them those of each prefix that the name begins with, in order, each over the ones before it. A prefix that is longer than the name does not match.
/// </summary>
public sealed class ClientConfiguration
{
    /// <summary>Gets or sets the settings of all names. Default: none, so the defaults of the table hold.</summary>
    public ClientSettings Global { get; set; } = new();

    /// <summary>Gets or sets settings by prefix, in the order in which they are merged; at most 1,000. Default: none.</summary>
    public IReadOnlyList<ClientSettings> Configs { get; set; } = [];
}
