/**
 * Limits on what a registry may send. A registry is hostile until proven otherwise, so everything read from one has a
 * bound; each is several times what the largest honest document needs.
 */

const MIB = 1024 * 1024;

/** Full registry documents of the busiest packages are tens of MiB; each version adds about 4 KiB. */
export const MAX_PACKUMENT_BYTES = 128 * MIB;
/** One version's manifest is a few KiB; generated export maps and dependency lists reach some hundred. */
export const MAX_MANIFEST_BYTES = 4 * MIB;
/** Two bundles are about 20 KiB; certificates and inclusion proofs do not grow with the package. */
export const MAX_ATTESTATIONS_BYTES = 8 * MIB;
/** A key is about 300 bytes. */
export const MAX_KEYS_BYTES = MIB;
/** Bodies of answers other than 200 are read only so that their connection can be used again. */
export const MAX_IGNORED_BYTES = 64 * 1024;

/** The most published packages have some ten thousand versions. */
export const MAX_VERSIONS = 50_000;
export const MAX_DEPENDENCIES = 10_000;
export const MAX_SIGNATURES = 64;
export const MAX_ATTESTATIONS = 64;
export const MAX_KEYS = 100;
/** Sigstore bundles nest about ten deep. */
export const MAX_BUNDLE_DEPTH = 64;

/** Names are at most 214 characters today; older ones exceeded that. */
export const MAX_NAME_LENGTH = 512;
/** The limit of node-semver. */
export const MAX_VERSION_LENGTH = 256;
export const MAX_URL_LENGTH = 4096;
/** Identifiers, SRI strings and base64 signatures. */
export const MAX_TOKEN_LENGTH = 1024;

/** npm refuses to publish much more; the largest tarballs carry binaries of some tens of MiB. */
export const MAX_TARBALL_BYTES = 256 * MIB;
/** Unpacked while it is read and not kept: a compression bomb costs its time and no memory. */
export const MAX_UNPACKED_BYTES = 2048 * MIB;
/** Icon sets have some tens of thousands of files. */
export const MAX_TARBALL_ENTRIES = 200_000;
export const MAX_PATH_LENGTH = 1024;
/** pax headers of one file: a path, times, and what a file system adds. */
export const MAX_TAR_METADATA_BYTES = MIB;
/** Of one file whose content is looked at; the largest compilers are 10 MiB of JavaScript. */
export const MAX_FILE_BYTES = 32 * MIB;
/** Of all files of a package whose content is looked at: kept in memory until they are judged. */
export const MAX_FILES_BYTES = 128 * MIB;

/** Configuration files, package.json and certificates; bundles of authorities are some hundred KiB. */
export const MAX_CONFIG_BYTES = 16 * MIB;

/** Redirects followed for one request; npm's own documents need none, mirrors one or two. */
export const MAX_REDIRECTS = 5;
/** A header that asks to wait longer than this is taken as a refusal. */
export const MAX_RETRY_AFTER_MS = 60_000;
/** Time without any byte after which a connection counts as dead. */
export const IDLE_MS = 30_000;
/**
 * Bytes an HTTP/2 server may send ahead of what was read: of one answer, and of all of a connection. Over 100 ms there
 * and back the second allows 160 MiB a second; the protocol's own 64 KiB allow less than one.
 */
export const STREAM_WINDOW_BYTES = 4 * MIB;
export const SESSION_WINDOW_BYTES = 16 * MIB;
/** Of the headers of one answer, names and values: what Node allows in HTTP/1.1. In HTTP/2 it bounds only how many. */
export const MAX_HEADER_BYTES = 16 * 1024;
/**
 * Bytes of an HTTP/2 connection that belong to no body: headers and framing for each answer, and
 * besides what was still on its way when an answer was given up.
 */
export const MAX_FRAMING_BYTES = 64 * 1024;
export const MAX_STRAY_BYTES = 2 * SESSION_WINDOW_BYTES;
/** After so many requests in a row that got no answer at all, a host is not asked again in this run. */
export const MAX_SILENT_REQUESTS = 16;

/** More than are worked on at the same time, so that the versions of one package share its document. */
export const PACKUMENTS_KEPT = 32;
/** How many attestations and manifests of single versions stay in memory. */
export const ANSWERS_KEPT = 64;

/** npm's registry says five minutes of its documents; a registry that says more is asked all the same. */
export const MAX_FRESH_MS = 5 * 60 * 1000;
