using System.Globalization;
using System.Net;
using System.Text.Json;
using Linkerd.Tcp.TestUtilities.Files;

namespace Linkerd.Tcp.Naming.Tests.Namers;

/// <summary>Bindings as a real namerd 1.7.5 made them, with the files that it had: all lines of <c>interpreter.json</c>.</summary>
public sealed class RecordedBindingsTests : IDisposable
{
    private static readonly JsonElement Questions =
        JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Captures", "interpreter.json"))).RootElement;

    private readonly TemporaryDirectory _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task BindAsync_EveryRecordedName_IsBoundAsNamerdBoundIt()
    {
        _files.WriteOld("plain", "127.0.0.1 8080\n127.0.0.1 8081 * 0.23\n");
        _files.WriteOld("web1", "127.0.0.1 9001\n127.0.0.1 9002\n");
        _files.WriteOld("web2", "127.0.0.1 9003\n");
        _files.WriteOld("web3", "127.0.0.1 9004 * 2\n");
        _files.WriteOld("empty", string.Empty);
        _files.WriteOld("comment", "# nothing\n");
        _files.WriteOld("bad", "127.0.0.1 80\nbad line here\n");
        _files.WriteOld("dir/leaf", "127.0.0.1 7000\n");
        var files = new FileNamer(_files.Path);
        var asked = 0;
        var wrong = new List<string>();
        foreach (var question in Questions.EnumerateArray().Where(question => question.TryGetProperty("path", out _)))
        {
            asked++;
            var dtab = question.GetProperty("dtab").GetString()!;
            var path = question.GetProperty("path").GetString()!;
            var interpreter = new LocalInterpreter(new() { Dtab = Dtab.Parse(dtab), Namers = [files] });
            var expected = question.GetProperty("status").GetInt32() == 500 ? "fails" : Print(question.GetProperty("bind"));
            var actual = await interpreter.BindAsync(DstPath.Parse(path), TestContext.Current.CancellationToken).FirstAsync(TestContext.Current.CancellationToken) switch
            {
                NameBinding.Bound bound => await PrintAsync(bound.Tree, interpreter),
                NameBinding.Failed => "fails",
                var other => other.ToString(),
            };
            if (actual != expected)
            {
                wrong.Add($"dtab:     {dtab}\npath:     {path}\nexpected: {expected}\nactual:   {actual}\n");
            }
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count} of {asked} differ, such as\n{string.Join('\n', wrong.Take(5))}");
        Assert.Equal(737, asked);
    }

    // Both to one form: the type of each node, weights, ids, residuals, and address sets in order.
    private static string Print(JsonElement tree) => tree.GetProperty("type").GetString() switch
    {
        "leaf" => PrintLeaf(tree.GetProperty("bound")),
        "union" => $"({string.Join(" & ", tree.GetProperty("union").EnumerateArray().Select(branch => $"{Number(branch.GetProperty("weight"))}*{Print(branch.GetProperty("tree"))}"))})",
        var type => type!,
    };

    private static string PrintLeaf(JsonElement leaf) =>
        $"{leaf.GetProperty("id").GetString()} + {leaf.GetProperty("path").GetString()} {PrintAddress(leaf.GetProperty("addr"))}";

    private static string PrintAddress(JsonElement address) => address.GetProperty("type").GetString() switch
    {
        "bound" => Join(address.GetProperty("addrs").EnumerateArray().Select(one => string.Create(
            CultureInfo.InvariantCulture,
            $"{one.GetProperty("ip").GetString()}:{one.GetProperty("port").GetInt32()}*{(one.GetProperty("meta").TryGetProperty("endpoint_addr_weight", out var weight) ? Number(weight) : "1")}"))),
        "failed" => $"failed {address.GetProperty("cause").GetString()}",
        var type => type!,
    };

    private static async Task<string> PrintAsync(BoundTree tree, LocalInterpreter interpreter)
    {
        switch (tree)
        {
            case BoundTree.Leaf leaf:
                var state = await interpreter.ResolveIdAsync(leaf.Id, TestContext.Current.CancellationToken).FirstAsync(TestContext.Current.CancellationToken);
                return $"{leaf.Id} + {leaf.Residual} {Print(state)}";
            case BoundTree.Union union:
                var branches = new List<string>();
                foreach (var branch in union.Branches)
                {
                    branches.Add($"{branch.Weight.ToString("R", CultureInfo.InvariantCulture)}*{await PrintAsync(branch.Tree, interpreter)}");
                }

                return $"({string.Join(" & ", branches)})";
            default:
                return tree switch { BoundTree.Negative => "neg", BoundTree.Fail => "fail", BoundTree.Empty => "empty", _ => tree.ToString() };
        }
    }

    private static string Print(Resolution state) => state switch
    {
        Resolution.Bound bound => Join(bound.Endpoints.Groups.SelectMany(group => group.Endpoints)
            .Select(endpoint => string.Create(CultureInfo.InvariantCulture, $"{(IPEndPoint)endpoint.Address}*{endpoint.Weight:R}"))),
        Resolution.Failed failed => $"failed {failed.Error}",
        Resolution.Negative => "neg",
        _ => state.ToString(),
    };

    private static string Number(JsonElement number) => number.GetDouble().ToString("R", CultureInfo.InvariantCulture);

    private static string Join(IEnumerable<string> addresses) => $"[{string.Join(", ", addresses.Order(StringComparer.Ordinal))}]";
}
