using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>The real executable with a configuration file that changes, and a client of its admin server, which the file must have on <see cref="AdminPort"/> (<see cref="Admin"/>).</summary>
internal sealed partial class FileProxy : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly HttpClient _client;
    private ChildProcess? _process;

    public FileProxy()
    {
        AdminPort = FreePort.Next();
        _client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{AdminPort}") };
    }

    /// <summary>The transport that the tests are run with.</summary>
    public static string Transport => Environment.GetEnvironmentVariable("LINKERD_TCP_TRANSPORT") is { Length: > 0 } transport ? transport : "auto";

    public int AdminPort { get; }

    /// <summary>The beginning of each file.</summary>
    public string Admin => $"transport: {Transport}\nadmin: {{port: {AdminPort}, openLoopback: true}}\n";

    public ChildProcess Process => _process!;

    public string File => _folder.File("proxy.yml");

    /// <summary>A file beside that of the configuration.</summary>
    public string Beside(string name) => _folder.File(name);

    /// <summary>Starts it with a file, without a terminal, and waits until it is ready.</summary>
    public async Task StartAsync(string text, params string[] options)
    {
        Write(text);
        await StartWithFileAsync(options);
    }

    /// <summary>Starts it with the file that is there, and waits until it is ready.</summary>
    public async Task StartWithFileAsync(params string[] options)
    {
        _process = new ChildProcess(
            Require.Program("setsid"),
            [Executable.FileName, "--config", File, .. options],
            new Dictionary<string, string?> { ["LINKERD_TCP_LOG"] = "info", ["RUST_LOG"] = null, ["DOTNET_GCgen0size"] = "800000" });
        await Eventually.IsTrueAsync(
            async () =>
            {
                Assert.False(Process.HasExited, Process.Error.Text);
                try
                {
                    using var response = await _client.GetAsync(new Uri("/ready", UriKind.Relative), TestContext.Current.CancellationToken);
                    return response.IsSuccessStatusCode;
                }
                catch (HttpRequestException)
                {
                    return false;
                }
            },
            () => Process.Error.Text);
    }

    /// <summary>Writes the file in place.</summary>
    public void Write(string text) => System.IO.File.WriteAllText(File, text);

    /// <summary>Replaces the file by another one, as editors and tools of deployment do.</summary>
    public void Replace(string text)
    {
        System.IO.File.WriteAllText(File + ".new", text);
        System.IO.File.Move(File + ".new", File, overwrite: true);
    }

    /// <summary>Replaces the file, sends SIGHUP, and waits for the end of the reload.</summary>
    /// <returns>True if it was successful.</returns>
    public async Task<bool> ReloadAsync(string text)
    {
        Replace(text);
        var before = await ReloadsAsync();
        Process.Send(Signal.HangUp);
        return await ReloadedAsync(before);
    }

    /// <summary>Waits for the end of one more reload.</summary>
    /// <returns>True if it was successful.</returns>
    public async Task<bool> ReloadedAsync((int Successes, int Failures) before)
    {
        var now = before;
        await Eventually.IsTrueAsync(async () => (now = await ReloadsAsync()) != before, () => $"no reload: {Process.Error.Text}");
        Assert.Equal(before.Successes + before.Failures + 1, now.Successes + now.Failures);
        return now.Successes > before.Successes;
    }

    /// <summary>The numbers of reloads.</summary>
    public async Task<(int Successes, int Failures)> ReloadsAsync()
    {
        var metrics = await GetAsync("/metrics");
        return ((int)Value(metrics, "linkerd_tcp_config_reloads_total", "result=\"success\""), (int)Value(metrics, "linkerd_tcp_config_reloads_total", "result=\"failure\""));
    }

    public async Task<string> GetAsync(string path) => await _client.GetStringAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);

    /// <summary>Asks the admin server for a reload.</summary>
    public async Task<(HttpStatusCode Status, JsonElement Answer)> PostReloadAsync()
    {
        using var response = await _client.PostAsync(new Uri("/api/v1/reload", UriKind.Relative), null, TestContext.Current.CancellationToken);
        using var document = JsonDocument.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        return (response.StatusCode, document.RootElement.Clone());
    }

    /// <summary>The value of a series; 0 if there is none.</summary>
    public static double Value(string metrics, string name, string label = "") => metrics.Split('\n')
        .Where(line => line.StartsWith(name + "{", StringComparison.Ordinal) && line.Contains(label, StringComparison.Ordinal))
        .Select(static line => double.Parse(SeriesValue().Match(line).Groups[1].Value, CultureInfo.InvariantCulture))
        .FirstOrDefault();

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }

        _folder.Dispose();
    }

    [GeneratedRegex(@"\} ([0-9.eE+-]+)")]
    private static partial Regex SeriesValue();
}
