using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.Benchmarks.Discovery;

/// <summary>The process of the stand-in: does what it is told by lines of its standard input, and answers each by a line.</summary>
internal static class NamerdChild
{
    public static string NameOf(int index) => string.Create(CultureInfo.InvariantCulture, $"/svc/name{index}");

    /// <summary>The endpoint that a set has in this generation, and in no other.</summary>
    public static IPEndPoint Changing(int generation) => new(IPAddress.Parse("10.200.0.1"), 1 + (generation % 65_000));

    public static async Task RunAsync(int names, int endpoints)
    {
        await using var namerd = await NamerdStandIn.StartAsync(new NamerdStandInOptions { Log = static _ => { } });
        var others = string.Concat(Enumerable.Range(1, endpoints - 1).Select(i => string.Create(CultureInfo.InvariantCulture, $"10.{i / 60_000}.0.1 {1 + (i % 60_000)}\n")));
        namerd.SetDtab("default", "/svc => /#/io.l5d.fs");
        for (var i = 0; i < names; i++)
        {
            Set(i, 0);
        }

        Console.WriteLine(namerd.BaseAddress);
        while (Console.ReadLine() is { } line)
        {
            Console.WriteLine(await AnswerAsync(line.Split(' ')));
        }

        async Task<string> AnswerAsync(string[] command)
        {
            var events = namerd.EventCount;
            var numbers = command.Skip(1).Select(text => int.Parse(text, CultureInfo.InvariantCulture)).ToArray();
            switch (command[0])
            {
                case "set":
                    Set(numbers[0], numbers[1]);
                    return await SentAsync(events + 1);
                case "burst":
                    for (var i = 0; i < numbers[2]; i++)
                    {
                        Set(numbers[0], numbers[1] + i);
                    }

                    return await SentAsync(events + numbers[2]);
                case "all":
                    for (var i = 0; i < names; i++)
                    {
                        Set(i, numbers[0]);
                    }

                    return await SentAsync(events + names);
                case "down":
                    await namerd.StopAsync();
                    return "down";
                case "up":
                    return await ComeBackAsync(numbers[0]);
                case "watches":
                    await namerd.WaitForWatchesAsync(numbers[0]);
                    return namerd.ConnectionCount.ToString(CultureInfo.InvariantCulture);
                default:
                    return "done";
            }
        }

        void Set(int index, int generation)
        {
            var endpoint = Changing(generation);
            namerd.SetFile($"name{index}", string.Create(CultureInfo.InvariantCulture, $"{endpoint.Address} {endpoint.Port}\n{others}"));
        }

        async Task<string> SentAsync(int events)
        {
            await namerd.WaitForEventsAsync(events);
            return namerd.LastEventAt.ToString(CultureInfo.InvariantCulture);
        }

        async Task<string> ComeBackAsync(int watches)
        {
            await namerd.StartAgainAsync();
            var start = Stopwatch.GetTimestamp();
            var said = new StringBuilder();
            foreach (var share in (double[])[0, 0.1, 0.5, 0.9, 1])
            {
                while (namerd.OpenWatches < Math.Max(1, share * watches))
                {
                    await Task.Delay(5);
                }

                var what = share == 0 ? "the first watch" : string.Create(CultureInfo.InvariantCulture, $", {share:0 %} of the watches");
                said.Append(CultureInfo.InvariantCulture, $"{what} after {Stopwatch.GetElapsedTime(start).TotalSeconds:0.00} s");
            }

            return said.ToString();
        }
    }
}
