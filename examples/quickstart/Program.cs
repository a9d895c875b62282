// Three small servers, the real linkerd-tcp in front of them with weights, and clients that count who answers.
using System.Net.Sockets;
using Quickstart;

const int Requests = 1000;
using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));

using var apple = new Server("apple", weight: 3);
using var banana = new Server("banana", weight: 2);
using var cherry = new Server("cherry", weight: 1);
Server[] servers = [apple, banana, cherry];
Console.WriteLine("Three servers; each says its name to whoever connects:");
foreach (var server in servers)
{
    Console.WriteLine($"  {server.Name,-8} {server.EndPoint}");
}

var target = string.Join(" & ", servers.Select(server => $"{server.Weight} * /$/inet/{server.EndPoint.Address}/{server.EndPoint.Port}"));
Console.WriteLine($"\n$ linkerd-tcp -l 127.0.0.1:0 '{target}'");
using var proxy = new Proxy("-l", "127.0.0.1:0", target);
var address = await proxy.WaitUntilListeningAsync(patience.Token);

Console.WriteLine($"\n{Requests} connections to {address}:");
var answers = new Dictionary<string, int>();
for (var i = 0; i < Requests; i++)
{
    using var client = new TcpClient();
    await client.ConnectAsync(address, patience.Token);
    using var reader = new StreamReader(client.GetStream());
    var answer = await reader.ReadToEndAsync(patience.Token);
    answers[answer] = answers.GetValueOrDefault(answer) + 1;
}

foreach (var server in servers)
{
    var share = (double)server.Weight / servers.Sum(other => other.Weight);
    Console.WriteLine($"  {server.Name,-8} answered {answers.GetValueOrDefault(server.Name),4} times; its weight of {server.Weight} is a share of {Requests * share,3:0}");
}

var exitCode = await proxy.StopAsync(patience.Token);
Console.WriteLine($"\nlinkerd-tcp ended with exit code {exitCode}.");
return exitCode == 0 && answers.Keys.Order().SequenceEqual(servers.Select(server => server.Name)) ? 0 : 1;
