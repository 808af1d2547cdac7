"""Every cause that a finding can have: its id, its title, how it is told, and what is done about it."""

from __future__ import annotations

from typing import Dict, NamedTuple


class Cause(NamedTuple):
    """One kind of reason for a denial.

    Args:
        id: as findings and reports name it.
        title: a few words for lists.
        means: what is the matter, for somebody who has not met it.
        told: by which signs it is recognised.
        way: what is done about it.
    """

    id: str
    title: str
    means: str
    told: str
    way: str


_ALL = (
    Cause(
        "already-allowed",
        "the policy at hand allows this",
        "The log says denied, the policy that was asked says allowed. So the log is older than the policy, or another "
        "policy, other booleans or permissive mode stood behind it.",
        "type rules, constraints and booleans of the policy at hand all allow the access with these very contexts",
        "nothing on this machine; on the log's machine, update the policy or compare the booleans",
    ),
    Cause(
        "android-app",
        "an app that Android keeps away",
        "Android's policy lets apps use the platform's interfaces only, and no user or app can change it.",
        "the contexts are Android's, and the source is a domain of apps",
        "the platform's interface for the same thing; nothing, where the app goes on without it",
    ),
    Cause(
        "attack",
        "what an attacker would do",
        "The access is one that the service never needs and that people who break in try.",
        "a rule about the service names the access as such",
        "keep the denial, and look at what the process did",
    ),
    Cause(
        "boolean",
        "an option of the policy is off",
        "The policy foresees this use as an option, and a boolean decides about it.",
        "the access is allowed as soon as the boolean is asked for with its other value",
        "turn the narrowest boolean that does; it concerns every program of the domains it names",
    ),
    Cause(
        "bounds",
        "a domain is bounded by another one",
        "The domain may never do more than the one that bounds it (typebounds), whatever rules it has.",
        "the domain has the rule, its bounding domain lacks it",
        "give the bounding domain the rule, or end the bounds; a rule for the domain alone changes nothing",
    ),
    Cause(
        "category",
        "levels or categories differ",
        "Process and object have categories that don't match, as those of two containers or two virtual machines.",
        "the types are allowed, the constraint on levels refuses",
        "give the object the categories of the process; no allow rule can help",
    ),
    Cause(
        "confined-user",
        "a confined user's limits",
        "The login is mapped to a confined SELinux user, whose programs may do less than the user's rights suggest.",
        "the source is a user's domain, and a rule about it knows the access",
        "work as the policy means such users to, or map the login to another SELinux user",
    ),
    Cause(
        "constraint",
        "user, role or level stand against it",
        "Type rules are not all: constraints compare users, roles and levels, and one of them refuses.",
        "the policy's constraints were asked with these contexts and one of them fails",
        "change the user, role or level that the finding names; no allow rule can help",
    ),
    Cause(
        "container-control",
        "a container reaches for its runtime",
        "A container wants to steer the engine or the host that runs it.",
        "the source is a container's domain, the target belongs to the runtime or the host",
        "keep it closed, or give that one container a domain made for it",
    ),
    Cause(
        "container-kernel",
        "a container needs the kernel's interfaces",
        "A container uses a device or an interface of the kernel that container domains are kept from.",
        "a container's domain, and an object of the kernel",
        "the container domain or option that is made for this device, never an unconfined container",
    ),
    Cause(
        "container-label",
        "a volume carries the host's label",
        "What is mounted into the container has a label that no container may use.",
        "the source is a container's domain, the target a type of the host",
        "mount with :z or :Z, or give the directory container_file_t by a lasting rule",
    ),
    Cause(
        "container-socket",
        "a container uses a socket of the host",
        "The container connects to a process outside of it; whoever holds the runtime's socket holds the host.",
        "connectto or write on a socket that a process of the host made",
        "a proxy that offers the few calls needed, or a container domain of its own",
    ),
    Cause(
        "container-storage",
        "the runtime's storage lies in an unknown place",
        "Images and layers were moved to a place for which the policy has no label.",
        "a container's domain, and a label that belongs to no container, on overlay or the storage's path",
        "an equivalence of the new place with /var/lib/containers, then restorecon",
    ),
    Cause(
        "container-volume",
        "a volume with another label or category",
        "The volume was labelled for another container, or not for containers at all.",
        "a container's domain and a file outside the image",
        "mount with :Z for one container, :z for several",
    ),
    Cause(
        "content-read-only",
        "content that the service may only read",
        "The place has the label for what the service serves; writing needs the label for what it changes.",
        "reading is allowed, writing is not, and the service has a type that it may write",
        "give the directory that must be written the writable type, and no more than that",
    ),
    Cause(
        "danger",
        "this is what SELinux is for",
        "A program reaches for secrets, for the kernel or for the policy itself, and has no business there.",
        "the object is protected and the domain is none that uses it",
        "keep the denial; find out why the program tried",
    ),
    Cause(
        "image-policy",
        "the policy is part of the system's image",
        "Systems such as Talos, Bottlerocket and Flatcar bring their policy in a read-only image, and nobody changes "
        "it on the machine: there is no package, module, option or label of one's own.",
        "os-release names the system, or both types are of its policy and one of them of no other",
        "change the workload, or how it is labelled where it is described; report what the policy lacks to the system",
    ),
    Cause(
        "invalid-context",
        "a context the policy refuses",
        "User, role, type and level don't go together in this policy.",
        "the record says so itself (SELINUX_ERR, security_validate_transition)",
        "allow the role the type, or start the program in another way",
    ),
    Cause(
        "known-case",
        "a case that a rule knows",
        "A rule pack describes just this; its words are the explanation.",
        "the rule's conditions, which `avcdoctor rules show ID` prints",
        "what the rule proposes, checked against the policy like everything else",
    ),
    Cause(
        "leaked-descriptor",
        "an inherited open file",
        "The program never opened the file: its caller left it open, and the kernel closed it at exec.",
        "read or write without open, on a file of the caller, next to an execve that succeeded",
        "nothing is broken; the caller should open its files close-on-exec",
    ),
    Cause(
        "memory-protection",
        "memory both writable and executable",
        "The program asks for memory that it can write and run, as just-in-time compilers do, and exploits.",
        "execmem, execstack, execheap or execmod",
        "the program's own option, or the boolean for just this kind of program",
    ),
    Cause(
        "module-request",
        "the kernel was asked to load a module",
        "A call named a protocol, file system or interface that is not there, and the kernel looked for a module.",
        "module_request on the kernel's domain",
        "load the module at boot, or leave it: a missing interface needs no module",
    ),
    Cause(
        "mount-label",
        "the label comes from the mount",
        "Files on this file system have no labels of their own.",
        "a type such as nfs_t or cifs_t, or a device that holds no labels",
        "the boolean for that file system, or mount it with context=",
    ),
    Cause(
        "no-own-domain",
        "a service without a domain of its own",
        "The program runs in the domain of services that the policy does not know.",
        "unconfined_service_t, initrc_t or init_t as source, and a program no rule knows",
        "give the program the type its policy provides, or live with it unconfined",
    ),
    Cause(
        "noise",
        "harmless noise",
        "The program looks at something it does not need and goes on without it.",
        "a rule about the service, or about the permission, says so",
        "nothing; a dontaudit rule keeps the log quiet",
    ),
    Cause(
        "ownership",
        "owner or mode, not the label",
        "The process needs a capability because the file belongs to somebody else.",
        "dac_override or dac_read_search, and the owner and mode of the path",
        "put owner and mode right; the capability would open every file of the machine",
    ),
    Cause(
        "package-policy",
        "the policy comes with the service's package",
        "The service's makers ship the rules in a package of their own, which is missing or old.",
        "a rule about the service says so",
        "install or update that package",
    ),
    Cause(
        "peer-wrong-domain",
        "the other side runs in the wrong domain",
        "The socket's server runs in a domain that clients don't expect, so they may not talk to it.",
        "connectto a service's socket whose process is in another domain",
        "start the server so that it gets its own domain; leave the client alone",
    ),
    Cause(
        "policy-gap",
        "the policy lacks a rule",
        "Nothing on the machine looks wrong: the access is sensible, and no rule allows it.",
        "every other cause was ruled out",
        "update the policy; where the newest lacks the rule, too, report it, and load a minimal module until then",
    ),
    Cause(
        "port",
        "a port the service's type does not cover",
        "The service listens on, or connects to, a port that belongs to another type or to none.",
        "name_bind or name_connect, and the port's type",
        "give the port the service's type; the policy names which it may use",
    ),
    Cause(
        "process-type",
        "a process type on a file",
        "Somebody labelled a file with the type of a process; files need types for files.",
        "associate is denied, or the type is a domain",
        "the executable type that leads into that domain",
    ),
    Cause(
        "script-type",
        "a script that should carry an executable type",
        "A service runs a script that stays in the service's own domain, where it may do little.",
        "the script has a common label, and the policy has an executable type for such scripts",
        "give the script that type, or put it where the policy expects it",
    ),
    Cause(
        "shared-content",
        "content that several services use",
        "Two services use the same files, and each has a type of its own.",
        "one service is denied another one's content",
        "public_content_t, or the boolean that lets one read the other's",
    ),
    Cause(
        "started-by-hand",
        "started by hand, not by systemd",
        "The program was started from a shell, so that it runs in, or left files of, another domain.",
        "a user's domain or label where the service's own belongs",
        "start it with systemctl, and restore the labels it left",
    ),
    Cause(
        "strange-domain",
        "a program in another program's domain",
        "The program's file carries the executable type of another service, so it came into that service's domain.",
        "entrypoint is denied to a domain that is none of the program; often a file-contexts pattern fits",
        "give the program's file a label of its own",
    ),
    Cause(
        "symlinked-place",
        "the way leads through a link",
        "The path goes through a symbolic link whose label the domain may not read.",
        "lnk_file and read",
        "label the link, or configure the real path",
    ),
    Cause(
        "temporary-file",
        "a temporary file of somebody else",
        "The file was made in /tmp or /var/tmp by another program, and carries its label.",
        "a label for temporary files of another domain",
        "a private place for what both share; don't relabel what is in /tmp",
    ),
    Cause(
        "text-relocation",
        "a library that changes its own code",
        "The library was built without position-independent code, and has to be changed in memory to run.",
        "execmod on a library",
        "build it right; textrel_shlib_t until then",
    ),
    Cause(
        "transition-blocked",
        "the change of domain was stopped",
        "NoNewPrivileges or a nosuid mount keeps the program from its own domain.",
        "nnp_transition or nosuid_transition, or a SELINUX_ERR about the transition",
        "take NoNewPrivileges out of the unit, or mount without nosuid",
    ),
    Cause(
        "type-gone",
        "a type that is no longer in the policy",
        "A module was removed, and files still carry its types.",
        "the policy knows the label no longer (trawcon=, unlabeled_t)",
        "restore the labels, or install the module again",
    ),
    Cause(
        "unit-program-label",
        "systemd may not start the program",
        "The program of a unit has a label that is none for programs.",
        "init_t is denied to execute it",
        "restore or give the executable's label",
    ),
    Cause(
        "unknown-label",
        "a label the policy does not know",
        "The object carries a label of another policy or system.",
        "a type that no policy at hand has",
        "restore the labels; on a foreign disk, mount with context=",
    ),
    Cause(
        "unknown-place",
        "a place the policy does not know",
        "The content lies where the policy expects nothing of this service, so it has a label that belongs to nobody.",
        "a generic type such as default_t or var_t, and the path's default is no other",
        "a lasting rule (semanage fcontext) with the service's type, or move the content",
    ),
    Cause(
        "unlabeled",
        "files without a label",
        "The files were made while SELinux was off, or on another system.",
        "unlabeled_t",
        "restore the labels of that tree, or of the whole machine at its next start",
    ),
    Cause(
        "untyped-port",
        "a port that belongs to no service",
        "The service uses a port to which no type was given.",
        "a rule about the service, and a port of an unreserved type",
        "give the port the service's type",
    ),
    Cause(
        "wrong-domain",
        "a process in the wrong domain",
        "The program does not run in the domain that the policy has for it, so that everything it does is refused.",
        "the source is a shell's or systemd's domain, and the policy has another one for the program",
        "label the executable, or start it as the policy expects",
    ),
    Cause(
        "wrong-label",
        "a file with the wrong label",
        "The file was moved or unpacked with its old label; the policy has another one for its path.",
        "the path's default label differs from the one it carries, and would be allowed",
        "restorecon",
    ),
    Cause(
        "wrong-place",
        "a file in the wrong place",
        "The service looks in a place that is not meant for it; the policy has one that is.",
        "a rule about the service names the place",
        "move the file, and change the configuration",
    ),
)

CAUSES: Dict[str, Cause] = {cause.id: cause for cause in _ALL}
"""Every cause by its id; a rule pack of an administrator may bring further ones, which have no page here."""
