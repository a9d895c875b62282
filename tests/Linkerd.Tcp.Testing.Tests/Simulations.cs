using System.Text;

namespace Linkerd.Tcp.Testing.Tests;

/// <summary>What the tests of simulations share.</summary>
internal static class Simulations
{
    public static readonly DstPath Name = DstPath.Parse("/svc/web");

    /// <summary>A registry of the simulation, which resolves every name to the servers.</summary>
    public static DestinationRegistry NewRegistry(this Simulation simulation, SimulatedHost host, IEnumerable<SimulatedServer> servers)
    {
        var resolver = new StaticResolver(servers.Select(static server => server.EndPoint));
        return new DestinationRegistry(_ => new DestinationOptions { Resolver = resolver }, timeProvider: simulation.TimeProvider, random: simulation.Random, transport: host);
    }

    /// <summary>Sends a text, and reads as many bytes.</summary>
    public static async Task<string> EchoAsync(this Stream stream, string text)
    {
        await stream.WriteAsync(Encoding.ASCII.GetBytes(text));
        var answer = new byte[text.Length];
        await stream.ReadExactlyAsync(answer);
        return Encoding.ASCII.GetString(answer);
    }
}
