using Google.Protobuf;
using Grpc.Core;
using Linkerd.Tcp.Namerd.Protocol;

namespace Linkerd.Tcp.Namerd.Mesh.Delegation;

/// <summary>
/// The method <c>GetDelegateTree</c>. The generated one takes 100 nested messages at most, and namerd goes through a hundred names, each of which is
/// up to three of them and more: a deep delegation would be refused.
/// </summary>
internal static class MeshDelegateMethod
{
    /// <summary>The depth to which a delegation over HTTP may be nested.</summary>
    public const int MaxDepth = 1000;

    public static Method<DelegateTreeReq, DelegateTreeRsp> Instance { get; } = new(
        MethodType.Unary,
        "io.linkerd.mesh.Delegator",
        "GetDelegateTree",
        Marshallers.Create(static request => request.ToByteArray(), static bytes => DelegateTreeReq.Parser.ParseFrom(bytes)),
        Marshallers.Create(static answer => answer.ToByteArray(), Parse));

    private static DelegateTreeRsp Parse(byte[] bytes)
    {
        using var input = CodedInputStream.CreateWithLimits(new MemoryStream(bytes), int.MaxValue, MaxDepth);
        return DelegateTreeRsp.Parser.ParseFrom(input);
    }
}
