using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Quickstart;

/// <summary>A server on a free port of loopback that says its name to whoever connects.</summary>
internal sealed class Server : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public Server(string name, int weight)
    {
        Name = name;
        Weight = weight;
        _listener.Start();
        _ = ServeAsync();
    }

    public string Name { get; }

    public int Weight { get; }

    public IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndpoint;

    public void Dispose() => _listener.Dispose();

    private async Task ServeAsync()
    {
        while (true)
        {
            try
            {
                using var client = await _listener.AcceptTcpClientAsync();
                await client.GetStream().WriteAsync(Encoding.UTF8.GetBytes(Name));
            }
            catch (SocketException error) when (error.SocketErrorCode == SocketError.OperationAborted)
            {
                return;
            }
        }
    }
}
