using Google.Protobuf;
using Linkerd.Tcp.Namerd.Mesh.Delegation;
using Linkerd.Tcp.Namerd.Mesh.Wire;
using Linkerd.Tcp.Namerd.Protocol;
using Linkerd.Tcp.Naming;
using Dtab = Linkerd.Tcp.Naming.Dtab;
using Entry = Linkerd.Tcp.Namerd.Protocol.Dtab.Types.Dentry;
using Path = Linkerd.Tcp.Namerd.Protocol.Path;
using Prefix = Linkerd.Tcp.Namerd.Protocol.Dtab.Types.Dentry.Types.Prefix;
using Weighted = Linkerd.Tcp.Namerd.Protocol.BoundDelegateTree.Types.Union.Types.Weighted;

namespace Linkerd.Tcp.Namerd;

public sealed class DelegationReaderTests
{
    private static readonly DstPath Svc = DstPath.Parse("/svc");

    [Theory]
    [InlineData("9 * /a & /b | ! | $ | ~")]
    [InlineData(@"/a\x2fb/c")]
    [InlineData("0.125 * (/a | /b) & 0 * /c")]
    public void Read_AnEntry_IsTheOneOfTheDtab(string tree)
    {
        var entry = new DtabEntry(DtabPrefix.Parse(@"/svc/*/\x2a/\xff"), NameTree.Parse(tree));
        var message = new BoundDelegateTree { Path = Name("/svc"), Dentry = MeshDtabWriter.ToMessage(new Dtab(entry)).Dentries[0], Neg = new() };
        Assert.Equal(new DelegateTree.Negative(Svc, entry), Read(message));
    }

    [Fact]
    public void Read_TheEntryThatIsNone_IsNone()
    {
        var none = new Entry { Prefix = new() { Elems = { new Prefix.Types.Elem { Label = ByteString.CopyFromUtf8("/") } } }, Dst = new() { Neg = new() } };
        Assert.Equal(new DelegateTree.Empty(Svc, null), Read(new() { Path = Name("/svc"), Dentry = none, Empty = new() }));
        Assert.Equal(new DelegateTree.Fail(Svc, null), Read(new() { Path = Name("/svc"), Fail = new() }));
    }

    [Fact]
    public void Read_EveryNode_IsThatOfTheTree()
    {
        var leaf = new BoundDelegateTree { Path = Name("/a/x"), Leaf = new() { Id = Name("/a"), Residual = Name("/x") } };
        var tree = Read(new()
        {
            Path = Name("/svc"),
            Alt = new()
            {
                Trees =
                {
                    new BoundDelegateTree { Path = Name("/svc"), Union = new() { Trees = { new Weighted { Weight = 0.9, Tree = leaf }, new Weighted { Tree = leaf } } } },
                    new BoundDelegateTree { Path = Name("/b"), Delegate = new() { Path = new(), Neg = new() } },
                    new BoundDelegateTree { Path = Name("/c"), Exception = "BoundDelegateTree Exception: Unknown namer: c" },
                    new BoundDelegateTree { Path = Name("/d"), Exception = "BoundDelegateTree Exception: " },
                    new BoundDelegateTree { Path = Name("/e"), Transformation = new() { Name = "Const", Leaf = leaf.Leaf, Tree = leaf } },
                    new BoundDelegateTree { Path = Name("/f"), Alt = new() },
                    new BoundDelegateTree { Path = Name("/g"), Union = new() },
                },
            },
        });

        var bound = new BoundTree.Leaf(DstPath.Parse("/a"), DstPath.Parse("/x"));
        var expected = new DelegateTree.Leaf(DstPath.Parse("/a/x"), null, bound);
        Assert.Equal(
            new DelegateTree.Alt(Svc, null,
            [
                new DelegateTree.Union(Svc, null, [new(0.9, expected), new(0, expected)]),
                new DelegateTree.Step(DstPath.Parse("/b"), null, new DelegateTree.Negative(DstPath.Root, null)),
                new DelegateTree.Failed(DstPath.Parse("/c"), null, "Unknown namer: c"),
                new DelegateTree.Failed(DstPath.Parse("/d"), null, "no reason is given"),
                new DelegateTree.Transformation(DstPath.Parse("/e"), "Const", bound, expected),
                new DelegateTree.Negative(DstPath.Parse("/f"), null),
                new DelegateTree.Negative(DstPath.Parse("/g"), null),
            ]),
            tree);
    }

    [Theory]
    [InlineData(double.NaN, 1)]
    [InlineData(double.PositiveInfinity, 1)]
    [InlineData(-1, 1)]
    [InlineData(-0.0, 0)]
    public void Read_AWeightThatIsNone_CountsAsOne(double weight, double expected)
    {
        var branch = new Weighted { Weight = weight, Tree = new() { Neg = new() } };
        var tree = new PathNameTree { Union = new() { Trees = { Branch(weight, "/a"), Branch(1, "/b") } } };
        var union = Assert.IsType<DelegateTree.Union>(Read(new() { Dentry = new() { Dst = tree }, Union = new() { Trees = { branch, branch } } }));
        Assert.Equal(expected, union.Branches[0].Weight);
        Assert.Equal(expected, Assert.IsType<NameTree.Union>(union.Entry!.Tree).Branches[0].Weight);
    }

    public static TheoryData<string, string> Malformed => new()
    {
        { """{ }""", "there is no tree in it" },
        { """{ "tree": { "path": { "elems": ["YQ=="] } } }""", "the node of /a is none of neg, fail, empty, alt, union, leaf, delegate, transformation and exception" },
        { """{ "tree": { "path": { "elems": [""] }, "neg": { } } }""", "a name has an empty label" },
        { """{ "tree": { "leaf": { } } }""", "the leaf of / has no id" },
        { """{ "tree": { "delegate": { "leaf": { "residual": { } } } } }""", "the leaf of / has no id" },
        { """{ "tree": { "union": { "trees": [{ "weight": 1 }] } } }""", "a branch of the union of / has no tree" },
        { """{ "tree": { "transformation": { "tree": { "neg": { } } } } }""", "the leaf of / has no id" },
        { """{ "tree": { "transformation": { "leaf": { "id": { "elems": ["YQ=="] } } } } }""", "the transformation of / has no tree" },
        {
            """{ "tree": { "dentry": { }, "neg": { } } }""",
            "the entry of the dtab at / is none: its tree has a node that is none of neg, fail, empty, alt, union and leaf"
        },
        { """{ "tree": { "dentry": { "prefix": { "elems": [{ }] }, "dst": { "neg": { } } }, "neg": { } } }""", "the entry of the dtab at / is none: a name has an empty label" },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public void Read_WhatNamerdDoesNotSend_SaysWhatIsWrong(string json, string expected) => Assert.Equal(
        expected, Assert.Throws<MeshFormatException>(() => MeshDelegationReader.Read(JsonParser.Default.Parse<DelegateTreeRsp>(json))).Message);

    [Fact]
    public async Task Parse_ADeepDelegation_IsRead()
    {
        // On a thread of the pool, as answers are.
        var depth = await Task.Run(() => DepthOf(MeshDelegationReader.Read(Parse(Steps(MeshDelegateMethod.MaxDepth - 10)))));
        Assert.Equal(MeshDelegateMethod.MaxDepth - 10, depth);
        Assert.Throws<InvalidProtocolBufferException>(() => Parse(Steps(MeshDelegateMethod.MaxDepth + 10)));
    }

    private static DelegateTreeRsp Parse(DelegateTreeRsp message)
    {
        var marshaller = MeshDelegateMethod.Instance.ResponseMarshaller;
        return marshaller.Deserializer(marshaller.Serializer(message));
    }

    private static DelegateTreeRsp Steps(int count)
    {
        var tree = new BoundDelegateTree { Neg = new() };
        for (var i = 0; i < count; i++)
        {
            tree = new BoundDelegateTree { Delegate = tree };
        }

        return new() { Tree = tree };
    }

    private static int DepthOf(DelegateTree tree)
    {
        var depth = 0;
        for (; tree is DelegateTree.Step step; tree = step.Tree)
        {
            depth++;
        }

        return depth;
    }

    private static DelegateTree Read(BoundDelegateTree tree) => MeshDelegationReader.Read(new DelegateTreeRsp { Tree = tree });

    private static Path Name(string text) => MeshNames.ToMessage(DstPath.Parse(text));

    private static PathNameTree.Types.Union.Types.Weighted Branch(double weight, string name) => new() { Weight = weight, Tree = new() { Leaf = new() { Id = Name(name) } } };
}
