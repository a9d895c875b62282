// Blue and green: one line of a dtab decides which of two versions serves. Clients that connect all the time notice nothing of the switch.
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Linkerd.Tcp;
using Linkerd.Tcp.Naming;

var (blue, green) = (Serve("blue"), Serve("green"));
var interpreter = new LocalInterpreter(new LocalInterpreterOptions { Dtab = Serving("blue") });
await using var registry = new DestinationRegistry(interpreter);
var options = new TcpProxyOptions { Listeners = [new(new IPEndPoint(IPAddress.Loopback, 0), DstPath.Parse("/svc/web"))] };
await using var proxy = new TcpProxy(options, registry);
await proxy.StartAsync();

// Four clients that connect all the time.
var (answers, last, failures) = (new ConcurrentDictionary<string, int>(), "", 0);
using var stop = new CancellationTokenSource();
var clients = Enumerable.Range(0, 4).Select(_ => Task.Run(KeepAskingAsync)).ToArray();
var before = await CountAsync();

// Before any client reaches green, it is tried by its own name.
await using var trial = await registry.Get(DstPath.Parse("/version/green")).ConnectStreamAsync();
Console.WriteLine($"/version/green says {await AskAsync(trial)}");

// A session that is open keeps its server, whatever the dtab says.
await using var session = await registry.Get(DstPath.Parse("/svc/web")).ConnectStreamAsync();
await SwitchAsync("green");
var after = await CountAsync();
Console.WriteLine($"the session that was open says {await AskAsync(session)}");
await SwitchAsync("blue");
var back = await CountAsync();

await stop.CancelAsync();
await Task.WhenAll(clients);
Console.WriteLine($"{failures} connections failed");

// Each client may have had one connection under way.
return failures == 0 && before.Green == 0 && after.Blue <= 4 && after.Green > 4 && back.Green <= 4 ? 0 : 1;

// Each version has a name; the clients' name leads to one of them.
Dtab Serving(string version) => Dtab.Parse($"""
    /version/blue  => /$/inet/127.0.0.1/{((IPEndPoint)blue.LocalEndpoint).Port} ;
    /version/green => /$/inet/127.0.0.1/{((IPEndPoint)green.LocalEndpoint).Port} ;
    /svc/web       => /version/{version} ;
    """);

async Task SwitchAsync(string version)
{
    var start = Stopwatch.GetTimestamp();
    interpreter.Dtab = Serving(version);
    while (Volatile.Read(ref last) != version)
    {
        await Task.Delay(1);
    }

    Console.WriteLine($"switch to {version}: the first answer after {Stopwatch.GetElapsedTime(start).TotalMilliseconds:0} ms");
}

async Task<(int Blue, int Green)> CountAsync()
{
    await Task.Delay(50);
    answers.Clear();
    await Task.Delay(400);
    var counts = (answers.GetValueOrDefault("blue"), answers.GetValueOrDefault("green"));
    Console.WriteLine($"blue {counts.Item1,5}  green {counts.Item2,5}");
    return counts;
}

async Task KeepAskingAsync()
{
    while (!stop.IsCancellationRequested)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync((IPEndPoint)proxy.LocalEndPoints[0]);
            var answer = await AskAsync(client.GetStream());
            answers.AddOrUpdate(answer, 1, (_, count) => count + 1);
            Volatile.Write(ref last, answer);
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            Interlocked.Increment(ref failures);
        }
    }
}

// Sends a line, and returns the one that answers it.
static async Task<string> AskAsync(Stream stream)
{
    await stream.WriteAsync("?\n"u8.ToArray());
    return await new StreamReader(stream).ReadLineAsync() ?? throw new IOException("The server said nothing.");
}

// A server that answers each line with its name.
static TcpListener Serve(string name)
{
    var listener = new TcpListener(IPAddress.Loopback, 0);
    listener.Start();
    _ = AcceptAsync();
    return listener;

    async Task AcceptAsync()
    {
        while (true)
        {
            _ = AnswerAsync(await listener.AcceptTcpClientAsync());
        }
    }

    async Task AnswerAsync(TcpClient client)
    {
        using (client)
        {
            using var reader = new StreamReader(client.GetStream());
            while (await reader.ReadLineAsync() is not null)
            {
                await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(name + "\n"));
            }
        }
    }
}
