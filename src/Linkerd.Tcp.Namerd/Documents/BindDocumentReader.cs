using System.Text.Json;
using Linkerd.Tcp.Namerd.Shared;
using Linkerd.Tcp.Naming;

namespace Linkerd.Tcp.Namerd.Documents;

/// <summary>
/// Reads a tree in the form of <c>bind</c> and <c>delegate</c>: <c>leaf</c>, <c>union</c>, <c>alt</c>, <c>neg</c>, <c>fail</c> and <c>empty</c>, and anywhere
/// <c>delegate</c> and <c>transformation</c>, which stand for the tree within them, and <c>exception</c>. Members may come in any order, and the last of
/// equal ones counts; unknown members are skipped. As in binding, an exception is left out of a union, and is final in an alternative. A node that is not
/// understood spoils the whole tree, as half a split is none. For one document.
/// </summary>
internal sealed class BindDocumentReader
{
    private readonly List<LeafSnapshot> _snapshots = [];
    private string? _exception;
    private string? _nonsense;
    private int _invalidWeights;

    /// <summary>Reads from the brace that opens the document to the one that closes it.</summary>
    /// <exception cref="JsonException">This is not JSON, or nested too deeply.</exception>
    /// <exception cref="InvalidOperationException">A string in it is not valid.</exception>
    public BindDocument Read(ref Utf8JsonReader json)
    {
        var tree = ReadTree(ref json);
        if (_nonsense is not null)
        {
            return new BindDocument(new NameBinding.Failed($"the answer makes no sense: {_nonsense}"), IsAnswer: false);
        }

        return tree is null
            ? new BindDocument(new NameBinding.Failed($"binding failed: {_exception}"))
            : new BindDocument(new NameBinding.Bound(tree)) { Snapshots = _snapshots, InvalidWeights = _invalidWeights };
    }

    // Null if binding threw.
    private BoundTree? ReadTree(ref Utf8JsonReader json)
    {
        var node = new TreeNode();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            ReadMember(ref json, ref node);
        }

        return Interpret(in node);
    }

    private void ReadMember(ref Utf8JsonReader json, ref TreeNode node)
    {
        if (json.ValueTextEquals("type"u8))
        {
            json.Read();
            node.Type = DocumentJson.TakeString(ref json);
        }
        else if (json.ValueTextEquals("union"u8))
        {
            node.Union = ReadArray(ref json) ? ReadUnion(ref json) : null;
        }
        else if (json.ValueTextEquals("alt"u8))
        {
            node.Alt = ReadArray(ref json) ? ReadAlt(ref json) : null;
        }
        else if (json.ValueTextEquals("bound"u8))
        {
            json.Read();
            node.Leaf = json.TokenType == JsonTokenType.StartObject ? BoundNameReader.Read(ref json) : null;
            json.Skip();
        }
        else if (json.ValueTextEquals("delegate"u8) || json.ValueTextEquals("tree"u8))
        {
            json.Read();
            node.HasInner = json.TokenType == JsonTokenType.StartObject;
            node.Inner = node.HasInner ? ReadTree(ref json) : null;
            json.Skip();
        }
        else if (json.ValueTextEquals("message"u8))
        {
            json.Read();
            node.Message = DocumentJson.TakeString(ref json);
        }
        else
        {
            json.Read();
            json.Skip();
        }
    }

    private static bool ReadArray(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.StartArray)
        {
            return true;
        }

        json.Skip();
        return false;
    }

    private List<WeightedBoundTree> ReadUnion(ref Utf8JsonReader json)
    {
        var branches = new List<WeightedBoundTree>();
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (json.TokenType == JsonTokenType.StartObject)
            {
                ReadBranch(ref json, branches);
            }
            else
            {
                Refuse($"a branch of a union is a JSON {json.TokenType}");
                json.Skip();
            }
        }

        return branches;
    }

    private void ReadBranch(ref Utf8JsonReader json, List<WeightedBoundTree> into)
    {
        var weight = 1.0;
        BoundTree? tree = null;
        var hasTree = false;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var (isWeight, isTree) = (json.ValueTextEquals("weight"u8), json.ValueTextEquals("tree"u8));
            json.Read();
            if (isWeight)
            {
                weight = DocumentJson.TakeWeight(ref json);
            }
            else if (isTree)
            {
                hasTree = json.TokenType == JsonTokenType.StartObject;
                tree = hasTree ? ReadTree(ref json) : null;
                json.Skip();
            }
            else
            {
                json.Skip();
            }
        }

        if (!hasTree)
        {
            Refuse("a branch of a union has no 'tree'");
            return;
        }

        if (tree is null)
        {
            return;
        }

        var isValid = double.IsFinite(weight) && weight >= 0;
        _invalidWeights += isValid ? 0 : 1;

        // Minus zero is not a weight of a tree, and zero everywhere else.
        into.Add(new WeightedBoundTree(!isValid ? 1 : weight == 0 ? 0 : weight, tree));
    }

    private List<BoundTree?> ReadAlt(ref Utf8JsonReader json)
    {
        var branches = new List<BoundTree?>();
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (json.TokenType == JsonTokenType.StartObject)
            {
                branches.Add(ReadTree(ref json));
            }
            else
            {
                Refuse($"a branch of an alternative is a JSON {json.TokenType}");
                json.Skip();
            }
        }

        return branches;
    }

    private BoundTree? Interpret(in TreeNode node)
    {
        switch (node.Type)
        {
            case "neg":
                return BoundTree.Negative.Instance;
            case "fail":
                return BoundTree.Fail.Instance;
            case "empty":
                return BoundTree.Empty.Instance;
            case "leaf" when node.Leaf is { Id: { } id } leaf:
                _snapshots.Add(new LeafSnapshot(id, leaf.Addresses));
                return new BoundTree.Leaf(id, leaf.Residual);
            case "union" when node.Union is { } union:
                return union.Count > 0 ? new BoundTree.Union([.. union]) : _exception is null ? BoundTree.Negative.Instance : null;
            case "alt" when node.Alt is { } alt:
                return Interpret(alt);
            case "delegate" or "transformation" when node.HasInner:
                return node.Inner;
            case "exception":
                _exception ??= node.Message is null ? "no message was given" : FailureText.Quote(node.Message);
                return null;
            default:
                return Refuse(Describe(in node));
        }
    }

    private static BoundTree? Interpret(List<BoundTree?> alt)
    {
        var thrown = alt.IndexOf(null);
        var before = thrown < 0 ? alt : alt[..thrown];
        return thrown >= 0 && before.TrueForAll(branch => branch is BoundTree.Negative) ? null
            : before.Count == 0 ? BoundTree.Negative.Instance
            : new BoundTree.Alt([.. before.OfType<BoundTree>()]);
    }

    private static string Describe(in TreeNode node) => node.Type switch
    {
        null => "it has no 'type'",
        "leaf" => node.Leaf?.Problem ?? "a leaf has no 'bound'",
        "union" or "alt" => $"a node of the type {node.Type} has no list '{node.Type}'",
        "delegate" => "a node of the type delegate has no 'delegate'",
        "transformation" => "a node of the type transformation has no 'tree'",
        _ => $"its type is {FailureText.Quote(node.Type)}; expected leaf, union, alt, neg, fail or empty",
    };

    private BoundTree.Negative Refuse(string why)
    {
        _nonsense ??= why;
        return BoundTree.Negative.Instance;
    }

    // The members of a node, until its end shows which of them count.
    private struct TreeNode
    {
        public string? Type;
        public List<WeightedBoundTree>? Union;
        public List<BoundTree?>? Alt;
        public BoundName? Leaf;
        public bool HasInner;
        public BoundTree? Inner;
        public string? Message;
    }
}
