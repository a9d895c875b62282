using System.Net;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>A server for <see cref="RawTcp.Ask"/>, on a thread of its own: answers one connection after the other, and allocates nothing. Linux.</summary>
public sealed class RawBackend : IDisposable
{
    private readonly int _listener;
    private readonly Thread _thread;
    private long _answered;

    public RawBackend()
    {
        (_listener, var port) = RawTcp.Listen();
        EndPoint = new IPEndPoint(IPAddress.Loopback, port);
        _thread = new Thread(Run) { Name = "raw backend", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>The name that the embedded interpreter binds to it.</summary>
    public string Name => ProxyProcess.InetName(EndPoint);

    /// <summary>How many connections it has answered.</summary>
    public long Answered => Interlocked.Read(ref _answered);

    public void Dispose()
    {
        RawTcp.Stop(_listener);
        _thread.Join();
        _ = RawTcp.Close(_listener);
    }

    private void Run()
    {
        while (RawTcp.AnswerNext(_listener))
        {
            Interlocked.Increment(ref _answered);
        }
    }
}
