namespace Linkerd.Tcp.Namerd.Mesh.Wire;

/// <summary>A message of namerd that cannot be made use of; says what is wrong in it.</summary>
internal sealed class MeshFormatException(string message) : Exception(message);
