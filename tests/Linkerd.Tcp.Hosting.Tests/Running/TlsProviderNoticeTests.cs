using Linkerd.Tcp.Hosting.Running;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Transport;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Hosting.Tests;

/// <summary>The library of TLS in the log.</summary>
public sealed class TlsProviderNoticeTests : ILogger
{
    private readonly List<string> _lines = [];

    [Fact]
    public async Task Give_SeveralConfigurations_IsLoggedOnceWithTheFirstThatHasTls()
    {
        await using var sockets = TransportFactory.Create(new TransportOptions { Engine = TransportEngine.Sockets });
        var notice = new TlsProviderNotice(TlsProviderKind.Auto, sockets, this);
        notice.Give(hasTls: false);
        Assert.Empty(_lines);
        notice.Give(hasTls: true);
        notice.Give(hasTls: true);
        Assert.Equal(["8503 Information TLS is that of .NET (SslStream): the transport is sockets, and OpenSSL is for epoll"], _lines);
    }

    [Fact]
    public async Task Give_DotNetIsChosen_SaysSo()
    {
        await using var sockets = TransportFactory.Create(new TransportOptions { Engine = TransportEngine.Sockets });
        new TlsProviderNotice(TlsProviderKind.DotNet, sockets, this).Give(hasTls: true);
        Assert.Equal(["8503 Information TLS is that of .NET (SslStream): tlsProvider is dotnet"], _lines);
    }

    [Fact]
    public async Task Give_EventLoops_SaysTheVersionOrTheProblemOfTheLibrary()
    {
        await using var transport = TransportFactory.Create(new TransportOptions { Loops = 1 });
        Assert.SkipWhen(transport.Loops.Count == 0, "there are no event loops here");
        new TlsProviderNotice(TlsProviderKind.Auto, transport, this).Give(hasTls: true);
        Assert.Equal(
            [OpenSslLibrary.Problem is { } problem ? $"8503 Information TLS is that of .NET (SslStream): libssl cannot be used: {problem}" : $"8502 Information TLS is that of {OpenSslLibrary.Version}"], _lines);
    }

    IDisposable? ILogger.BeginScope<TState>(TState state) => null;

    bool ILogger.IsEnabled(LogLevel logLevel) => true;

    void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Add($"{eventId.Id} {logLevel} {formatter(state, exception)}");
}
