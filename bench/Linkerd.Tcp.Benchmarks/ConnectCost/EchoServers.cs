using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Linkerd.Tcp.Benchmarks.ConnectCost;

/// <summary>Servers on ports of loopback, in a process of their own, so that a benchmark does not measure them. Each serves one connection after the other, and echoes.</summary>
internal sealed class EchoServers : IDisposable
{
    private readonly Process _process;

    private EchoServers(Process process, IReadOnlyList<IPEndPoint> endPoints) => (_process, EndPoints) = (process, endPoints);

    public IReadOnlyList<IPEndPoint> EndPoints { get; }

    /// <summary>Starts them, on processor 0.</summary>
    public static EchoServers Start(int count)
    {
        string[] command = [typeof(EchoServers).Assembly.Location, "connect-cost", "servers", count.ToString(CultureInfo.InvariantCulture)];
        var dotnet = Environment.ProcessPath!.EndsWith("dotnet", StringComparison.Ordinal) ? Environment.ProcessPath : "dotnet";
        var process = Process.Start(new ProcessStartInfo("taskset", ["-c", "0", dotnet, .. command]) { RedirectStandardOutput = true, RedirectStandardInput = true })!;
        var ports = process.StandardOutput.ReadLine()!.Split(' ').Select(static port => int.Parse(port, CultureInfo.InvariantCulture));
        return new(process, [.. ports.Select(static port => new IPEndPoint(IPAddress.Loopback, port))]);
    }

    /// <summary>Runs them in this process, until its input ends.</summary>
    public static int Run(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(static _ => Listen()).ToArray();
        Console.WriteLine(string.Join(' ', listeners.Select(static listener => ((IPEndPoint)listener.LocalEndPoint!).Port)));
        _ = Console.In.ReadToEnd();
        return 0;
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }

    private static Socket Listen()
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        Bind(listener);
        listener.Listen(4096);
        new Thread(() => Serve(listener)) { IsBackground = true }.Start();
        return listener;
    }

    // As servers have them: not one of the ports that the kernel gives to clients.
    private static void Bind(Socket listener)
    {
        while (true)
        {
            try
            {
                listener.Bind(new IPEndPoint(IPAddress.Loopback, Random.Shared.Next(15_000, 32_000)));
                return;
            }
            catch (SocketException error) when (error.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                continue;
            }
        }
    }

    private static void Serve(Socket listener)
    {
        var buffer = new byte[4096];
        while (true)
        {
            using var socket = listener.Accept();
            try
            {
                int count;
                while ((count = socket.Receive(buffer)) > 0)
                {
                    socket.Send(buffer.AsSpan(0, count));
                }
            }
            catch (SocketException)
            {
                // The client is gone; the next one is served.
                continue;
            }
        }
    }
}
