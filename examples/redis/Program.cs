// A client that takes nothing but an address, StackExchange.Redis, over two servers of a cache. One is killed; the client goes on with the other.
using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp;
using StackExchange.Redis;

var folder = Directory.CreateTempSubdirectory("redis-example-");
var servers = new List<(string Name, Process Process, EndPoint EndPoint)>();
try
{
    servers.Add(Serve("redis-1"));
    servers.Add(Serve("redis-2"));
    await using var registry = new DestinationRegistry(new StaticResolver(servers.Select(server => server.EndPoint)));

    // A socket in a folder that only this user may enter: each connection to it goes to one of the servers.
    var address = new UnixDomainSocketEndPoint(Path.Combine(folder.FullName, "cache.sock"));
    await using var local = await LocalListener.StartAsync(registry.Get(DstPath.Parse("/svc/cache")), address);
    var options = new ConfigurationOptions
    {
        EndPoints = { local.EndPoint },
        AbortOnConnectFail = false,
        AllowAdmin = true,              // For INFO, by which this example sees the server. A cache needs no more than the address.
    };
    await using var redis = await ConnectionMultiplexer.ConnectAsync(options);

    var cache = redis.GetDatabase();
    await cache.StringSetAsync("greeting", "hello");
    var first = await NameAsync(cache);
    Console.WriteLine($"connected to {first}, which says {await cache.StringGetAsync("greeting")}");

    servers.Single(server => server.Name == first).Process.Kill();
    var start = Stopwatch.GetTimestamp();
    var second = first;
    while (second == first)
    {
        try
        {
            second = await NameAsync(cache);
        }
        catch (Exception error) when (error is RedisException or TimeoutException)
        {
            // The connection has ended, and the client makes another one.
            await Task.Delay(10);
        }
    }

    var elapsed = Stopwatch.GetElapsedTime(start);
    Console.WriteLine($"{first} was killed; {second} answers {elapsed.TotalMilliseconds:0} ms later");
    return elapsed < TimeSpan.FromSeconds(2) ? 0 : 1;
}
catch (Win32Exception)
{
    Console.Error.WriteLine("redis-server is not installed (apt-get install redis-server).");
    return 2;
}
finally
{
    foreach (var server in servers)
    {
        server.Process.Kill();
        server.Process.WaitForExit();
    }

    folder.Delete(recursive: true);
}

// The name of the server that executes the command.
async Task<string> NameAsync(IDatabase cache)
{
    var info = (string)(await cache.ExecuteAsync("INFO", "server"))!;
    return servers.Single(server => info.Contains($"process_id:{server.Process.Id}\r")).Name;
}

// A Redis server on a socket in the folder.
(string, Process, EndPoint) Serve(string name)
{
    var socket = Path.Combine(folder.FullName, name + ".sock");
    var start = new ProcessStartInfo("redis-server", ["--port", "0", "--unixsocket", socket, "--save", "", "--dir", folder.FullName]) { RedirectStandardOutput = true };
    return (name, Process.Start(start)!, new UnixDomainSocketEndPoint(socket));
}
