namespace Linkerd.Tcp.Namerd.Mesh.Wire;

/// <summary>The exception for a message of namerd that cannot be used; its message contains the problem.</summary>
internal sealed class MeshFormatException(string message) : Exception(message);
