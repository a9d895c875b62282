using Google.Protobuf;
using Linkerd.Tcp.Namerd.Mesh.Wire;
using Linkerd.Tcp.Namerd.Protocol;
using Linkerd.Tcp.Naming;
using Path = Linkerd.Tcp.Namerd.Protocol.Path;
using Weighted = Linkerd.Tcp.Namerd.Protocol.BoundNameTree.Types.Union.Types.Weighted;

namespace Linkerd.Tcp.Namerd;

public sealed class TreeReaderTests
{
    [Theory]
    [InlineData(double.NaN, 1, 1)]
    [InlineData(-1, 1, 1)]
    [InlineData(double.PositiveInfinity, 1, 1)]
    [InlineData(-0.0, 0, 0)]
    [InlineData(1e-300, 1e-300, 0)]
    public void Read_WeightOfAUnion_IsFiniteAndNotNegative(double sent, double read, int invalid)
    {
        var union = new BoundNameTree { Union = new() { Trees = { new Weighted { Weight = sent, Tree = Leaf("a") }, new Weighted { Weight = 2, Tree = Leaf("b") } } } };
        var answer = MeshTreeReader.Read(new BoundTreeRsp { Tree = union });
        var bound = Assert.IsType<BoundTree.Union>(Assert.IsType<NameBinding.Bound>(answer.State).Tree);
        Assert.Equal((read, invalid), (bound.Branches[0].Weight, answer.InvalidWeights));
    }

    [Fact]
    public void Read_UnionAndAltWithoutBranches_AreNegative()
    {
        Assert.Equal(Bound(BoundTree.Negative.Instance), MeshTreeReader.Read(new BoundTreeRsp { Tree = new() { Union = new() } }).State);
        Assert.Equal(Bound(BoundTree.Negative.Instance), MeshTreeReader.Read(new BoundTreeRsp { Tree = new() { Alt = new() } }).State);
    }

    [Fact]
    public void Read_EveryNode_IsRead()
    {
        var alt = new BoundNameTree { Alt = new() { Trees = { new BoundNameTree { Neg = new() }, new BoundNameTree { Fail = new() }, new BoundNameTree { Empty = new() }, Leaf("a") } } };
        Assert.Equal("(~ | ! | $ | /#/a)", Assert.IsType<NameBinding.Bound>(MeshTreeReader.Read(new BoundTreeRsp { Tree = alt }).State).Tree.ToString());
    }

    [Fact]
    public void Read_WhatIsNoTree_Fails()
    {
        Assert.Contains("none of neg, fail", Error(new BoundTreeRsp()), StringComparison.Ordinal);
        Assert.Contains("none of neg, fail", Error(new BoundTreeRsp { Tree = new() }), StringComparison.Ordinal);
        Assert.Equal("a leaf of a tree has no id", Error(new BoundTreeRsp { Tree = new() { Leaf = new() } }));
        Assert.Equal("a name has an empty label", Error(new BoundTreeRsp { Tree = new() { Leaf = new() { Id = new() { Elems = { ByteString.Empty } } } } }));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/svc/web")]
    [InlineData("/$/inet/127.0.0.1/80")]
    [InlineData(@"/svc/\x00\xff/\x61\x2f")]
    [InlineData(@"/\xc3\xa4")]
    public void Names_ThereAndBack_AreEqual(string text)
    {
        var name = DstPath.Parse(text);
        Assert.Equal(name, MeshNames.FromMessage(MeshNames.ToMessage(name)));
    }

    [Fact]
    public void ToMessage_Label_IsItsBytes() => Assert.Equal(
        [ByteString.CopyFromUtf8("a-b"), ByteString.CopyFrom(0, 255)], MeshNames.ToMessage(DstPath.Parse(@"/a-b/\x00\xff")).Elems);

    private static string Error(BoundTreeRsp message) => Assert.IsType<NameBinding.Failed>(MeshTreeReader.Read(message).State).Error;

    private static NameBinding.Bound Bound(BoundTree tree) => new(tree);

    private static BoundNameTree Leaf(string label) =>
        new() { Leaf = new() { Id = new Path { Elems = { ByteString.CopyFromUtf8("#"), ByteString.CopyFromUtf8(label) } }, Residual = new() } };
}
