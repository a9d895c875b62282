using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.FunctionalTests;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Hosting.Tests;

/// <summary>A generic host with proxies, its configuration, which can change, and its log.</summary>
internal sealed class HostedApp : IAsyncDisposable
{
    private readonly Lines _log = new();

    public HostedApp(IEnumerable<KeyValuePair<string, string?>> values, Action<IServiceCollection, IConfiguration> configure, TimeSpan? shutdown = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration.AddInMemoryCollection(values);
        builder.Logging.AddProvider(_log);
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = shutdown ?? TimeSpan.FromSeconds(30));
        Configuration = builder.Configuration;
        configure(builder.Services, builder.Configuration);
        App = builder.Build();
    }

    public IHost App { get; }

    public ConfigurationManager Configuration { get; }

    /// <summary>Gets the messages so far.</summary>
    public IReadOnlyCollection<string> Log => _log.All;

    public ProxyHost Proxy(string name) => App.Services.GetRequiredKeyedService<ProxyHost>(name);

    public static async Task<string> AskAsync(EndPoint address, string text = "ping")
    {
        using var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(address, TestContext.Current.CancellationToken);
        return await AskAsync(client, text);
    }

    public static async Task<string> AskAsync(Socket client, string text = "ping")
    {
        await client.SendAsync(System.Text.Encoding.UTF8.GetBytes(text), TestContext.Current.CancellationToken);
        var buffer = new byte[64];
        var received = await client.ReceiveAsync(buffer, TestContext.Current.CancellationToken);
        return System.Text.Encoding.UTF8.GetString(buffer, 0, received);
    }

    /// <summary>Changes values of the configuration, as one change.</summary>
    public void Change(params (string Key, string? Value)[] values)
    {
        var provider = (Microsoft.Extensions.Configuration.Memory.MemoryConfigurationProvider)((IConfigurationRoot)Configuration).Providers.Last();
        foreach (var (key, value) in values)
        {
            provider.Set(key, value);
        }

        ((IConfigurationRoot)Configuration).Reload();
    }

    public Task WaitForLogAsync(string part) => Eventually.IsTrueAsync(() => Log.Any(line => line.Contains(part, StringComparison.Ordinal)), () => string.Join('\n', Log));

    public async ValueTask DisposeAsync()
    {
        await ((IAsyncDisposable)App).DisposeAsync();
        Configuration.Dispose();
    }

    private sealed class Lines : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> All { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => All.Enqueue($"{logLevel} {eventId.Id} {formatter(state, exception)} {exception?.Message}");

        public void Dispose()
        {
        }
    }
}
