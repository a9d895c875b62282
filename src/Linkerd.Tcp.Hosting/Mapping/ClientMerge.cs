using Linkerd.Tcp.Hosting.Options;

namespace Linkerd.Tcp.Hosting.Mapping;

/// <summary>Merges the settings of the connections to endpoints, by the rows of the table.</summary>
internal static class ClientMerge
{
    /// <summary>
    /// Gets the settings of a name: the ones of all names, and over them those of each prefix that the name begins with, in order, each over the ones before it. A prefix that is longer
    /// than the name does not match.
    /// </summary>
    public static ClientSettings For(this ClientConfiguration client, DstPath name)
    {
        var merged = new ClientSettings();
        foreach (var settings in client.Configs.Where(settings => name.StartsWith(settings.Prefix)).Prepend(client.Global))
        {
            Write(settings, merged);
        }

        return merged;
    }

    /// <summary>Copies settings. Nested objects are replaced and never changed.</summary>
    public static ClientConfiguration Copy(this ClientConfiguration client) => new() { Global = Copy(client.Global), Configs = [.. client.Configs.Select(Copy)] };

    private static ClientSettings Copy(ClientSettings settings)
    {
        var copy = new ClientSettings { Prefix = settings.Prefix };
        Write(settings, copy);
        return copy;
    }

    private static void Write(ClientSettings from, ClientSettings to)
    {
        foreach (var option in ClientOptions.Merged)
        {
            option.CopyTo(from, to);
        }
    }
}
