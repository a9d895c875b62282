using System.Net;
using Google.Protobuf;
using Linkerd.Tcp.Namerd.Mesh.Wire;
using Linkerd.Tcp.Namerd.Protocol;
using Linkerd.Tcp.Resolving;
using Replica = Linkerd.Tcp.Namerd.Protocol.Endpoint;

namespace Linkerd.Tcp.Namerd;

public sealed class ReplicasReaderTests
{
    private static readonly byte[] V4 = [127, 0, 0, 1];

    [Theory]
    [InlineData(null, 1, 0)]
    [InlineData("0.23", 0.23, 0)]
    [InlineData("1.0E-4", 0.0001, 0)]
    [InlineData("0.0", 0, 0)]
    [InlineData("-1.0", -1, 1)]
    [InlineData("NaN", double.NaN, 1)]
    [InlineData("Infinity", double.PositiveInfinity, 1)]
    [InlineData("heavy", double.NaN, 1)]
    [InlineData("", double.NaN, 1)]
    [InlineData("1e308", 1e308, 0)]
    public void Read_Weight_IsTextInTheMetadata(string? text, double weight, int invalid)
    {
        var endpoint = new Replica { Address = ByteString.CopyFrom(V4), Port = 80 };
        if (text is not null)
        {
            endpoint.Metadata["endpoint_addr_weight"] = text;
        }

        var answer = MeshReplicasReader.Read(Bound(endpoint));
        Assert.Equal(new WeightedAddress(new IPEndPoint(IPAddress.Loopback, 80), weight), Assert.IsType<Resolution.Bound>(answer.State).Endpoints.Groups[0].Endpoints[0]);
        Assert.Equal(invalid, answer.InvalidWeights);
    }

    [Theory]
    [InlineData(null, null, null)]
    [InlineData(null, "web.service.dc1.consul", "web.service.dc1.consul")]
    [InlineData("own:80", "web", "own:80")]
    [InlineData("own", null, "own")]
    [InlineData("", "web", "web")]
    [InlineData("a b", null, null)]
    public void Read_Authority_IsTheEntrysOwnOrTheSets(string? own, string? ofAll, string? expected)
    {
        var endpoint = new Replica { Address = ByteString.CopyFrom(V4), Port = 80 };
        if (own is not null)
        {
            endpoint.Metadata["authority"] = own;
        }

        var message = Bound(endpoint);
        if (ofAll is not null)
        {
            message.Bound.Metadata["authority"] = ofAll;
        }

        Assert.Equal(expected, Assert.Single(Assert.IsType<Resolution.Bound>(MeshReplicasReader.Read(message).State).Endpoints.Groups[0].Endpoints).Metadata?.Authority);
    }

    [Fact]
    public void Read_AddressesOfBothFamilies_AreRead()
    {
        var v6 = new Replica { InetAf = Replica.Types.AddressFamily.Inet6, Address = ByteString.CopyFrom(IPAddress.Parse("2001:db8::1").GetAddressBytes()), Port = 1 };
        var mapped = new Replica { InetAf = Replica.Types.AddressFamily.Inet6, Address = ByteString.CopyFrom(IPAddress.Parse("::ffff:10.0.0.1").GetAddressBytes()), Port = 2 };
        var answer = MeshReplicasReader.Read(Bound(v6, mapped));
        Assert.Equal(
            new Resolution.Bound(EndpointSet.Create(new IPEndPoint(IPAddress.Parse("2001:db8::1"), 1), new IPEndPoint(IPAddress.Parse("10.0.0.1"), 2))), answer.State);
    }

    [Theory]
    [InlineData(0, 3, 80, "an address of 3 bytes is said to be INET4")]
    [InlineData(0, 16, 80, "an address of 16 bytes is said to be INET4")]
    [InlineData(1, 4, 80, "an address of 4 bytes is said to be INET6")]
    [InlineData(7, 4, 80, "an address of 4 bytes is said to be of the family 7")]
    [InlineData(0, 0, 80, "an address of 0 bytes")]
    [InlineData(0, 4, 0, "the port of 0.0.0.0 is 0")]
    [InlineData(0, 4, 65536, "the port of 0.0.0.0 is 65536")]
    [InlineData(0, 4, -1, "the port of 0.0.0.0 is -1")]
    public void Read_BadEntry_IsLeftOutAndCounted(int family, int length, int port, string why)
    {
        var bad = new Replica { InetAf = (Replica.Types.AddressFamily)family, Address = ByteString.CopyFrom(new byte[length]), Port = port };
        var good = new Replica { Address = ByteString.CopyFrom(V4), Port = 80 };
        var answer = MeshReplicasReader.Read(Bound(bad, good, bad));
        Assert.Equal(MeshWatch.Bound(80), answer.State);
        Assert.Equal(2, answer.Skipped);
        Assert.StartsWith(why, answer.SkippedExample, StringComparison.Ordinal);

        var none = MeshReplicasReader.Read(Bound(bad));
        Assert.Contains($"none of its 1 addresses can be used, such as: {why}", Assert.IsType<Resolution.Failed>(none.State).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_UnknownFields_AreIgnored()
    {
        var bytes = Bound(new Replica { Address = ByteString.CopyFrom(V4), Port = 80 }).ToByteArray();
        Assert.Equal(MeshWatch.Bound(80), MeshReplicasReader.Read(Replicas.Parser.ParseFrom([.. bytes, 0xfa, 0x3f, 0x01, 0x00])).State);
    }

    private static Replicas Bound(params Replica[] endpoints) => new() { Bound = new() { Endpoints = { endpoints } } };
}
