using System.CommandLine;
using System.Globalization;
using Linkerd.Tcp.LoadTest.Native;
using Linkerd.Tcp.LoadTest.Proxies;

namespace Linkerd.Tcp.LoadTest.Crowds;

/// <summary>`load-test crowd` and `load-test stops`: what happens in one moment, through every proxy that is installed, in turns.</summary>
internal static class CrowdCommand
{
    public static Command Create(string name, string description, Func<CrowdSettings, CrowdRound> create)
    {
        var rounds = new Option<int>("--rounds") { Description = "How often each proxy is measured", DefaultValueFactory = static _ => 5 };
        var clients = new Option<int>("--clients") { Description = "Number of clients", DefaultValueFactory = _ => name == "crowd" ? 3500 : 50 };
        var proxies = new Option<string>("--proxies")
        {
            Description = $"Comma-separated, of {string.Join(", ", ProxyCatalog.Names)}",
            DefaultValueFactory = static _ => "linkerd-tcp-epoll,linkerd-tcp-sockets,haproxy,nginx",
        };
        var executable = new Option<string?>("--linkerd-tcp") { Description = "Path of the executable linkerd-tcp" };
        var core = new Option<int>("--proxy-cpu") { Description = "The core of the proxy", DefaultValueFactory = static _ => 0 };
        var command = new Command(name, description) { rounds, clients, proxies, executable, core };
        command.SetAction((parsed, _) =>
        {
            var asked = parsed.GetValue(proxies)!.Split(',');
            var found = ProxyCatalog.Create(new() { Path = parsed.GetValue(executable) }).Where(kind => asked.Contains(kind.Name) && kind.FindObstacle() is null).ToList();
            return RunAsync(create(new CrowdSettings(found, parsed.GetValue(rounds), parsed.GetValue(clients), parsed.GetValue(core))), found, parsed.GetValue(rounds));
        });
        return command;
    }

    private static async Task<int> RunAsync(CrowdRound crowd, IReadOnlyList<ProxyKind> proxies, int rounds)
    {
        ResourceLimit.RaiseDescriptors();
        var values = proxies.ToDictionary(static proxy => proxy.Name, static _ => new List<double>());
        for (var round = 1; round <= rounds; round++)
        {
            foreach (var proxy in proxies)
            {
                try
                {
                    var (value, text) = await crowd.RunAsync(proxy);
                    values[proxy.Name].Add(value);
                    Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{round}/{rounds} {proxy.Name}: {text}"));
                }
                catch (IOException error)
                {
                    Console.Error.WriteLine($"error: {proxy.Name}: {error.Message}");
                    return ExitCode.Failure;
                }
            }
        }

        Console.Out.WriteLine($"{crowd.Header}, {rounds} rounds: median, least, most, sum");
        foreach (var (name, measured) in values)
        {
            var sorted = measured.Order().ToList();
            Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-24} {sorted[sorted.Count / 2],8:0} {sorted[0],8:0} {sorted[^1],8:0} {sorted.Sum(),8:0}"));
        }

        return ExitCode.Success;
    }
}
