using System.Globalization;

namespace Linkerd.Tcp.LoadTest.Proxies;

/// <summary>A configuration file with gaps for what differs from run to run.</summary>
internal static class ConfigurationTemplate
{
    /// <summary>Fills the gaps, and returns where the result is.</summary>
    public static string Write(string name, string folder, int listenPort, int backendPort, params IReadOnlyList<(string Gap, string Value)> more)
    {
        var text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Configurations", name))
            .Replace("{LISTEN_PORT}", listenPort.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("{BACKEND_PORT}", backendPort.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("{FOLDER}", folder, StringComparison.Ordinal);
        foreach (var (gap, value) in more)
        {
            text = text.Replace(gap, value, StringComparison.Ordinal);
        }

        var path = Path.Combine(folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
