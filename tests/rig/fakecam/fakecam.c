/* fakecam: an LD_PRELOAD shim that shows a program a V4L2 webcam at
 * /dev/video<N>, with a metadata node at /dev/video<N+1> as UVC cameras have.
 * No kernel module, no root. See README.md. */
#define _GNU_SOURCE
#undef _FORTIFY_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define MAXFD 64
#define MAXBUF 8
#define MAXMODE 64
#define REAL(name) \
    static __typeof__(&name) real; \
    if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

typedef struct { uint32_t cc, w, h, fps[8]; int nfps; } Mode;
typedef struct {
    int fd, meta, nonblock;       /* fd < 0: free slot */
    int nbuf, streaming; uint32_t len;
    uint8_t *mem; int queued[MAXBUF], nq;
    uint64_t t0, seq;
} Cam;

static Cam cams[MAXFD];
static int ncam, owner = -1, node = 0, brightness = 128;
static uint64_t plug_epoch;       /* goes up at every unplug: old fds stay dead */
static uint64_t cam_epoch[MAXFD];
static Mode modes[MAXMODE]; static int nmode;
static Mode mode; static uint32_t fps;        /* the device's, not the descriptor's, as in V4L2 */
static const char *cam_name = "FakeCam HD: FakeCam HD", *ctl_path;
static char fault[64] = "ok";
static pthread_mutex_t mu = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static uint64_t now_ns(void) {
    struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000ull + t.tv_nsec;
}
static int nap(uint64_t ns) {                  /* -1 and EINTR when a signal came */
    struct timespec t = { ns / 1000000000ull, ns % 1000000000ull }; return nanosleep(&t, NULL);
}
/* raw syscalls, so that the shim never calls itself */
static long sys(long n, long a, long b, long c, long d, long e, long f) {
#if defined(__x86_64__)
    long r;
    register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
    __asm__ volatile("syscall" : "=a"(r) : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
#elif defined(__aarch64__)
    register long x8 __asm__("x8") = n, r __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c,
        x3 __asm__("x3") = d, x4 __asm__("x4") = e, x5 __asm__("x5") = f;
    __asm__ volatile("svc 0" : "+r"(r) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
#else
#error "add the raw syscall of this architecture"
#endif
    if (r < 0 && r > -4096) { errno = -r; return -1; }
    return r;
}
#define SYS(n, a, b, c, d) sys(n, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)

/* ---- configuration ---------------------------------------------------- */
static const char *DEFAULT_MODES =
    "MJPG:1280x720@30,15;MJPG:1920x1080@30,15;MJPG:640x480@30,15;MJPG:320x240@30,15;"
    "YUYV:640x480@30,15;YUYV:1280x720@10,5;YUYV:1920x1080@5;YUYV:320x240@30,15";

static void init(void) {
    for (int i = 0; i < MAXFD; i++) cams[i].fd = -1;
    const char *s = getenv("FAKECAM_MODES"), *v;
    if (!s || !*s) s = DEFAULT_MODES;
    while (*s && nmode < MAXMODE) {
        Mode *m = &modes[nmode]; char cc[5] = ""; int used = 0;
        if (sscanf(s, "%4[A-Z0-9]:%ux%u@%n", cc, &m->w, &m->h, &used) < 3 || !used) break;
        m->cc = v4l2_fourcc(cc[0], cc[1], cc[2], cc[3]); s += used;
        while (m->nfps < 8 && *s >= '0' && *s <= '9') {
            m->fps[m->nfps++] = strtoul(s, (char **)&s, 10);
            if (*s == ',') s++;
        }
        if (m->nfps) nmode++;
        if (*s == ';') s++; else break;
    }
    mode = modes[0]; fps = mode.fps[0];
    if ((v = getenv("FAKECAM_NODE"))) node = atoi(v);
    if ((v = getenv("FAKECAM_NAME"))) cam_name = v;
    if ((v = getenv("FAKECAM_FAULT"))) snprintf(fault, sizeof fault, "%s", v);
    ctl_path = getenv("FAKECAM_CTL");
}
/* The current fault word: FAKECAM_CTL's first word if that file is there. */
static int fault_is(const char *what) {
    static uint64_t read_at;
    pthread_once(&once, init);
    uint64_t t = now_ns();
    if (ctl_path && t - read_at > 2000000) {
        read_at = t;
        long fd = SYS(SYS_openat, AT_FDCWD, ctl_path, O_RDONLY | O_CLOEXEC, 0);
        if (fd >= 0) {
            char b[64]; long n = SYS(SYS_read, fd, b, sizeof b - 1, 0); SYS(SYS_close, fd, 0, 0, 0);
            if (n > 0) {
                b[n] = 0; b[strcspn(b, " \r\n")] = 0;
                if (*b && strcmp(b, fault)) {
                    if (!strcmp(b, "unplug")) plug_epoch++;
                    snprintf(fault, sizeof fault, "%s", b);
                }
            }
        }
    }
    return !strcmp(fault, what);
}
static int path_node(const char *p) {          /* 0 capture, 1 metadata, -1 not ours */
    pthread_once(&once, init);
    if (!p || strncmp(p, "/dev/video", 10) || p[10] < '0' || p[10] > '9') return -1;
    char *e; long n = strtol(p + 10, &e, 10);
    return *e ? -1 : n == node ? 0 : n == node + 1 ? 1 : -1;
}
static int hidden(const char *p) {             /* real cameras stay out of sight */
    return p && !strncmp(p, "/dev/video", 10) && p[10] >= '0' && p[10] <= '9' && path_node(p) < 0;
}
static int slot(int fd) {
    if (fd < 0 || !ncam) return -1;
    for (int i = 0; i < MAXFD; i++) if (cams[i].fd == fd) return i;
    return -1;
}

/* ---- the picture: colour bars, a moving box, the frame number in a strip - */
/* Everything is flat 8x8 cells, so a JPEG of it needs DC coefficients only.
 * Row of cells 2 and 3: 32 squares of 16x16, bit i of the frame number is white/black. */
static void cell(uint32_t w, uint32_t h, uint64_t seq, uint32_t cx, uint32_t cy, uint8_t *y, uint8_t *u, uint8_t *v) {
    static const uint8_t bar[8][3] = { {180,128,128},{162,44,142},{131,156,44},{112,72,58},
                                       {84,184,198},{65,100,212},{35,212,114},{16,128,128} };
    uint32_t cw = w / 8, ch = h / 8, n = 32 * 2 + 2 < cw ? 32 : 16;
    if (cy >= 2 && cy < 4 && cx >= 2 && cx < 2 + 2 * n) {
        *y = (seq >> ((cx - 2) / 2)) & 1 ? 235 : 16; *u = *v = 128; return;
    }
    uint32_t side = ch / 5, x0 = (uint32_t)(seq * 2 % (cw - side)), y0 = ch / 2;
    if (cx >= x0 && cx < x0 + side && cy >= y0 && cy < y0 + side) { *y = 210; *u = 90; *v = 190; return; }
    const uint8_t *b = bar[cx * 8 / cw];
    int g = (int)(cy * 40 / (ch ? ch : 1)) - 20;
    uint32_t r = cx * 73856093u ^ cy * 19349663u; r ^= r >> 13; r *= 0x5bd1e995u;
    int yy = b[0] + g + (int)((r >> 24) & 7);
    *y = yy < 0 ? 0 : yy > 255 ? 255 : yy; *u = b[1]; *v = b[2];
}
static uint32_t draw_yuyv(uint8_t *o, uint32_t w, uint32_t h, uint64_t seq) {
    for (uint32_t cy = 0; cy < h / 8; cy++) {
        uint8_t *row = o + (size_t)cy * 8 * w * 2;
        for (uint32_t cx = 0; cx < w / 8; cx++) {
            uint8_t y, u, v; cell(w, h, seq, cx, cy, &y, &u, &v);
            for (int i = 0; i < 4; i++) { uint8_t *p = row + cx * 16 + i * 4; p[0] = p[2] = y; p[1] = u; p[3] = v; }
        }
        for (int i = 1; i < 8; i++) memcpy(row + (size_t)i * w * 2, row, (size_t)w * 2);
    }
    return w * h * 2;
}
/* A baseline 4:2:2 JPEG with DC terms only and the standard DC tables (K.3). */
typedef struct { uint8_t *p, *end; uint32_t acc; int n; } Bits;
static void put(Bits *b, uint32_t code, int len) {
    b->acc = b->acc << len | (code & ((1u << len) - 1)); b->n += len;
    while (b->n >= 8 && b->p + 2 < b->end) {
        uint8_t c = b->acc >> (b->n - 8); *b->p++ = c; if (c == 0xFF) *b->p++ = 0; b->n -= 8;
    }
}
static const uint8_t DCL[28] = { 0,1,5,1,1,1,1,1,1,0,0,0,0,0,0,0, 0,1,2,3,4,5,6,7,8,9,10,11 };
static const uint8_t AC1[17] = { 1,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0, 0x00 };   /* only EOB, one bit */
static void block(Bits *b, int dc, int *pred, int dht) {
    static const uint8_t len[12] = { 2,3,3,3,3,3,4,5,6,7,8,9 };
    static const uint16_t code[12] = { 0,2,3,4,5,6,14,30,62,126,254,510 };
    int d = dc - *pred, a = d < 0 ? -d : d, s = 0; *pred = dc;
    while (a) { s++; a >>= 1; }
    put(b, code[s], len[s]);
    if (s) put(b, d < 0 ? d - 1 : d, s);
    if (dht) put(b, 0, 1); else put(b, 10, 4);   /* EOB in our table, or in the standard one */
}
static uint32_t draw_mjpg(uint8_t *o, uint32_t cap, uint32_t w, uint32_t h, uint64_t seq, int dht) {
    uint8_t *p = o;
#define B(...) do { const uint8_t t[] = { __VA_ARGS__ }; memcpy(p, t, sizeof t); p += sizeof t; } while (0)
    B(0xFF,0xD8, 0xFF,0xE0,0,16,'J','F','I','F',0,1,1,0,0,1,0,1,0,0, 0xFF,0xDB,0,67,0);
    memset(p, 8, 64); p += 64;                 /* q = 8: a DC step is one grey level */
    B(0xFF,0xC0,0,17,8, h>>8,h, w>>8,w, 3, 1,0x21,0, 2,0x11,0, 3,0x11,0);
    if (dht) {
        B(0xFF,0xC4,0,31,0x00); memcpy(p, DCL, 28); p += 28;
        B(0xFF,0xC4,0,20,0x10); memcpy(p, AC1, 17); p += 17;
    }
    B(0xFF,0xDA,0,12,3, 1,0, 2,0, 3,0, 0,63,0);
    Bits b = { p, o + cap - 4, 0, 0 };
    int py = 0, pu = 0, pv = 0;
    for (uint32_t cy = 0; cy < (h + 7) / 8; cy++)
        for (uint32_t cx = 0; cx < (w + 15) / 16 * 2; cx += 2) {
            uint8_t y0, y1, u, v, x;
            cell(w, h, seq, cx, cy, &y0, &u, &v); cell(w, h, seq, cx + 1, cy, &y1, &x, &x);
            block(&b, y0 - 128, &py, dht); block(&b, y1 - 128, &py, dht);
            block(&b, u - 128, &pu, dht); block(&b, v - 128, &pv, dht);
        }
    put(&b, 0x7F, 7);
    *b.p++ = 0xFF; *b.p++ = 0xD9;
    return b.p - o;
}
/* FAKECAM_MJPEG="dir/%ux%u.mjpeg": JPEGs end to end, one file for each size. */
static uint32_t file_mjpg(uint8_t *o, uint32_t cap, uint32_t w, uint32_t h, uint64_t seq) {
    static struct { uint32_t w, h; uint8_t *d; size_t n; size_t at[4096]; int k; } c[8]; static int nc;
    const char *t = getenv("FAKECAM_MJPEG"); if (!t) return 0;
    int i = 0; while (i < nc && (c[i].w != w || c[i].h != h)) i++;
    if (i == nc) {
        if (nc == 8) return 0;
        nc++; c[i].w = w; c[i].h = h;
        char path[4096]; snprintf(path, sizeof path, t, w, h);
        long fd = SYS(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0); if (fd < 0) return 0;
        c[i].n = SYS(SYS_lseek, fd, 0, SEEK_END, 0);
        c[i].d = mmap(NULL, c[i].n, PROT_READ, MAP_PRIVATE, fd, 0); SYS(SYS_close, fd, 0, 0, 0);
        if (c[i].d == MAP_FAILED) { c[i].d = NULL; return 0; }
        for (size_t j = 0; j + 2 < c[i].n && c[i].k < 4095; j++)
            if (c[i].d[j] == 0xFF && c[i].d[j+1] == 0xD8 && c[i].d[j+2] == 0xFF) c[i].at[c[i].k++] = j;
        c[i].at[c[i].k] = c[i].n;
    }
    if (!c[i].k) return 0;
    int f = seq % c[i].k; size_t n = c[i].at[f+1] - c[i].at[f]; if (n > cap) return 0;
    memcpy(o, c[i].d + c[i].at[f], n); return n;
}

/* ---- V4L2 ------------------------------------------------------------- */
static int err(int e) { errno = e; return -1; }
static int gone(int i) { fault_is("ok"); return cam_epoch[i] != plug_epoch || !strcmp(fault, "unplug"); }
static Mode *find_mode(uint32_t cc, uint32_t w, uint32_t h) {   /* nearest, as UVC does */
    Mode *best = NULL; uint64_t bd = ~0ull;
    for (int k = 0; k < 2 && !best; k++)
        for (int i = 0; i < nmode; i++) {
            if (!k && modes[i].cc != cc) continue;
            int64_t d = (int64_t)modes[i].w * modes[i].h - (int64_t)w * h;
            if ((uint64_t)(d < 0 ? -d : d) < bd) { bd = d < 0 ? -d : d; best = &modes[i]; }
        }
    return best;
}
static void fill_pix(struct v4l2_pix_format *p, const Mode *m) {
    memset(p, 0, sizeof *p);
    p->width = m->w; p->height = m->h; p->pixelformat = m->cc; p->field = V4L2_FIELD_NONE;
    p->bytesperline = m->cc == V4L2_PIX_FMT_YUYV ? m->w * 2 : 0; p->sizeimage = m->w * m->h * 2;
    p->colorspace = V4L2_COLORSPACE_SRGB; p->priv = V4L2_PIX_FMT_PRIV_MAGIC;
}
static void fill_buf(Cam *c, struct v4l2_buffer *b, uint32_t flags) {
    b->flags = flags | V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC; b->field = V4L2_FIELD_NONE;
    b->memory = V4L2_MEMORY_MMAP; b->m.offset = b->index * c->len; b->length = c->len;
}
static int is_queued(Cam *c, int ix) { for (int i = 0; i < c->nq; i++) if (c->queued[i] == ix) return 1; return 0; }
static void drop_bufs(Cam *c) {
    if (c->mem) munmap(c->mem, (size_t)c->len * c->nbuf);
    c->mem = NULL; c->nbuf = c->nq = c->streaming = 0;
    if (owner == c->fd) owner = -1;
}
static uint64_t due(Cam *c) { return c->t0 + c->seq * 1000000000ull / fps; }
static int ready(int i, short *rev) {          /* poll state of a camera fd */
    Cam *c = &cams[i]; *rev = 0;
    if (gone(i)) { *rev = POLLERR | POLLHUP; return 1; }
    if (!c->streaming || !c->nq) { *rev = POLLERR; return 1; }
    if (!strcmp(fault, "stall")) return 0;
    if (now_ns() >= due(c)) { *rev = POLLIN | POLLRDNORM; return 1; }
    return 0;
}
static int dqbuf(int i, struct v4l2_buffer *b) {
    Cam *c = &cams[i]; short rev;
    if (!c->streaming) return err(EINVAL);
    while (!ready(i, &rev) || (!c->nq && !gone(i))) {
        if (c->nonblock) return err(EAGAIN);
        uint64_t t = now_ns(), d = due(c);
        pthread_mutex_unlock(&mu); nap(d > t && d - t < 5000000 ? d - t : 5000000); pthread_mutex_lock(&mu);
        if (c->fd < 0 || !c->streaming) return err(EINVAL);
    }
    if (gone(i)) return err(ENODEV);
    uint64_t n = (now_ns() - c->t0) * fps / 1000000000ull - 1; /* frames nobody took are lost */
    c->seq = n + 2;
    int ix = c->queued[0]; memmove(c->queued, c->queued + 1, --c->nq * sizeof(int));
    uint8_t *o = c->mem + (size_t)ix * c->len; uint32_t used, flags = 0;
    uint64_t pic = strcmp(fault, "freeze") ? n : 1;
    if (mode.cc == V4L2_PIX_FMT_MJPEG) {
        used = file_mjpg(o, c->len, mode.w, mode.h, pic);
        if (!used) used = draw_mjpg(o, c->len, mode.w, mode.h, pic, strcmp(fault, "nodht") != 0);
    } else used = draw_yuyv(o, mode.w, mode.h, pic);
    if (!strcmp(fault, "black")) {
        if (mode.cc == V4L2_PIX_FMT_YUYV) for (uint32_t k = 0; k < used; k += 2) { o[k] = 16; o[k+1] = 128; }
    }
    if (!strcmp(fault, "corrupt")) {           /* half a frame, flagged, as a bad USB cable gives */
        flags = V4L2_BUF_FLAG_ERROR; memset(o + used / 2, 0, used - used / 2); used /= 2;
    }
    memset(b, 0, sizeof *b);
    b->index = ix; b->type = V4L2_BUF_TYPE_VIDEO_CAPTURE; b->bytesused = used; b->sequence = n;
    uint64_t ts = c->t0 + (n + 1) * 1000000000ull / fps;
    b->timestamp.tv_sec = ts / 1000000000ull; b->timestamp.tv_usec = ts / 1000 % 1000000;
    fill_buf(c, b, V4L2_BUF_FLAG_MAPPED | flags);
    return 0;
}
static int do_ioctl(int i, unsigned long req, void *arg) {
    Cam *c = &cams[i];
    const uint32_t CAP = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    if (gone(i)) return err(ENODEV);
    if (_IOC_TYPE(req) != 'V') return err(ENOTTY);
    if ((uintptr_t)arg < 4096) return err(_IOC_NR(req) < 104 && _IOC_SIZE(req) ? EFAULT : ENOTTY);
    int busy = fault_is("busy");
    switch ((uint32_t)req) {
    case VIDIOC_QUERYCAP: {
        struct v4l2_capability *q = arg; memset(q, 0, sizeof *q);
        snprintf((char *)q->driver, sizeof q->driver, "uvcvideo");
        snprintf((char *)q->card, sizeof q->card, "%s", cam_name);
        snprintf((char *)q->bus_info, sizeof q->bus_info, "usb-fakecam-%d", node);
        q->version = 6 << 16 | 1 << 8;
        q->device_caps = V4L2_CAP_STREAMING | V4L2_CAP_EXT_PIX_FORMAT |
                         (c->meta ? V4L2_CAP_META_CAPTURE : V4L2_CAP_VIDEO_CAPTURE);
        q->capabilities = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_META_CAPTURE | V4L2_CAP_STREAMING |
                          V4L2_CAP_EXT_PIX_FORMAT | V4L2_CAP_DEVICE_CAPS;
        return 0; }
    case VIDIOC_ENUMINPUT: {
        struct v4l2_input *n = arg; if (n->index) return err(EINVAL);
        memset(n, 0, sizeof *n); strcpy((char *)n->name, "Camera 1"); n->type = V4L2_INPUT_TYPE_CAMERA; return 0; }
    case VIDIOC_G_INPUT: *(int *)arg = 0; return 0;
    case VIDIOC_S_INPUT: return *(int *)arg ? err(EINVAL) : 0;
    case VIDIOC_G_PRIORITY: *(uint32_t *)arg = V4L2_PRIORITY_DEFAULT; return 0;
    case VIDIOC_S_PRIORITY: return 0;
    case VIDIOC_QUERYCTRL: {
        struct v4l2_queryctrl *q = arg; uint32_t id = q->id, next = id & V4L2_CTRL_FLAG_NEXT_CTRL; id &= 0x0FFFFFFF;
        if (next ? id >= V4L2_CID_BRIGHTNESS : id != V4L2_CID_BRIGHTNESS) return err(EINVAL);
        memset(q, 0, sizeof *q); q->id = V4L2_CID_BRIGHTNESS; q->type = V4L2_CTRL_TYPE_INTEGER;
        strcpy((char *)q->name, "Brightness"); q->maximum = 255; q->step = 1; q->default_value = 128; return 0; }
    case VIDIOC_QUERY_EXT_CTRL: {
        struct v4l2_query_ext_ctrl *q = arg; uint32_t id = q->id, next = id & V4L2_CTRL_FLAG_NEXT_CTRL; id &= 0x0FFFFFFF;
        if (next ? id >= V4L2_CID_BRIGHTNESS : id != V4L2_CID_BRIGHTNESS) return err(EINVAL);
        memset(q, 0, sizeof *q); q->id = V4L2_CID_BRIGHTNESS; q->type = V4L2_CTRL_TYPE_INTEGER;
        strcpy(q->name, "Brightness"); q->maximum = 255; q->step = 1; q->default_value = 128;
        q->elem_size = 4; q->elems = 1; return 0; }
    case VIDIOC_G_CTRL: case VIDIOC_S_CTRL: {
        struct v4l2_control *k = arg; if (k->id != V4L2_CID_BRIGHTNESS) return err(EINVAL);
        if ((uint32_t)req == VIDIOC_S_CTRL && (k->value < 0 || k->value > 255)) return err(ERANGE);
        if ((uint32_t)req == VIDIOC_S_CTRL) brightness = k->value; else k->value = brightness;
        return 0; }
    case VIDIOC_G_EXT_CTRLS: case VIDIOC_S_EXT_CTRLS: case VIDIOC_TRY_EXT_CTRLS: {
        struct v4l2_ext_controls *x = arg;
        for (uint32_t k = 0; k < x->count; k++) {
            if (x->controls[k].id != V4L2_CID_BRIGHTNESS) { x->error_idx = (uint32_t)req == VIDIOC_TRY_EXT_CTRLS ? k : x->count; return err(EINVAL); }
            if ((uint32_t)req == VIDIOC_G_EXT_CTRLS) x->controls[k].value = brightness;
            else if ((uint32_t)req == VIDIOC_S_EXT_CTRLS) brightness = x->controls[k].value;
        }
        return 0; }
    }
    if (c->meta) return err(ENOTTY);
    switch ((uint32_t)req) {
    case VIDIOC_ENUM_FMT: {
        struct v4l2_fmtdesc *f = arg; uint32_t n = f->index, seen[MAXMODE], k = 0;
        if (f->type != CAP) return err(EINVAL);
        for (int m = 0; m < nmode; m++) {
            uint32_t j = 0; while (j < k && seen[j] != modes[m].cc) j++;
            if (j == k) seen[k++] = modes[m].cc;
        }
        if (n >= k) return err(EINVAL);
        memset(f, 0, sizeof *f); f->index = n; f->type = CAP; f->pixelformat = seen[n];
        if (seen[n] == V4L2_PIX_FMT_MJPEG) { f->flags = V4L2_FMT_FLAG_COMPRESSED; strcpy((char *)f->description, "Motion-JPEG"); }
        else strcpy((char *)f->description, "YUYV 4:2:2");
        return 0; }
    case VIDIOC_ENUM_FRAMESIZES: {
        struct v4l2_frmsizeenum *f = arg; uint32_t n = f->index, cc = f->pixel_format;
        for (int m = 0; m < nmode; m++) if (modes[m].cc == cc && !n--) {
            memset(f->reserved, 0, sizeof f->reserved); f->type = V4L2_FRMSIZE_TYPE_DISCRETE; f->discrete.width = modes[m].w; f->discrete.height = modes[m].h; return 0;
        }
        return err(EINVAL); }
    case VIDIOC_ENUM_FRAMEINTERVALS: {
        struct v4l2_frmivalenum *f = arg;
        for (int m = 0; m < nmode; m++)
            if (modes[m].cc == f->pixel_format && modes[m].w == f->width && modes[m].h == f->height) {
                if (f->index >= (uint32_t)modes[m].nfps) return err(EINVAL);
                memset(f->reserved, 0, sizeof f->reserved); f->type = V4L2_FRMIVAL_TYPE_DISCRETE; f->discrete.numerator = 1; f->discrete.denominator = modes[m].fps[f->index]; return 0;
            }
        return err(EINVAL); }
    case VIDIOC_G_FMT: { struct v4l2_format *f = arg; if (f->type != CAP) return err(EINVAL); fill_pix(&f->fmt.pix, &mode); return 0; }
    case VIDIOC_TRY_FMT: case VIDIOC_S_FMT: {
        struct v4l2_format *f = arg; if (f->type != CAP) return err(EINVAL);
        Mode *m = find_mode(f->fmt.pix.pixelformat, f->fmt.pix.width, f->fmt.pix.height);
        if ((uint32_t)req == VIDIOC_S_FMT) { if (busy || c->nbuf || (owner >= 0 && owner != c->fd)) return err(EBUSY); mode = *m; fps = m->fps[0]; }
        fill_pix(&f->fmt.pix, m); return 0; }
    case VIDIOC_G_PARM: case VIDIOC_S_PARM: {
        struct v4l2_streamparm *p = arg; if (p->type != CAP) return err(EINVAL);
        if ((uint32_t)req == VIDIOC_S_PARM) {
            if (busy || c->streaming) return err(EBUSY);
            struct v4l2_fract t = p->parm.capture.timeperframe;
            uint32_t want = t.numerator && t.denominator ? t.denominator / t.numerator : mode.fps[0], best = mode.fps[0];
            for (int k = 0; k < mode.nfps; k++)
                if (llabs((long long)mode.fps[k] - want) < llabs((long long)best - want)) best = mode.fps[k];
            fps = best;
        }
        memset(&p->parm, 0, sizeof p->parm); p->parm.capture.capability = V4L2_CAP_TIMEPERFRAME; 
        p->parm.capture.timeperframe.numerator = 1; p->parm.capture.timeperframe.denominator = fps; return 0; }
    case VIDIOC_REQBUFS: {
        struct v4l2_requestbuffers *r = arg;
        if (r->type != CAP || r->memory != V4L2_MEMORY_MMAP) return err(EINVAL);
        if (busy || c->streaming || (owner >= 0 && owner != c->fd)) return err(EBUSY);
        drop_bufs(c); r->capabilities = V4L2_BUF_CAP_SUPPORTS_MMAP;
        if (!r->count) return 0;
        if (r->count > MAXBUF) r->count = MAXBUF;
        if (r->count < 2) r->count = 2;
        c->len = (mode.w * mode.h * 2 + 4095) & ~4095u; c->nbuf = r->count;
        if (SYS(SYS_ftruncate, c->fd, (long)c->len * c->nbuf, 0, 0)) { c->nbuf = 0; return -1; }
        c->mem = mmap(NULL, (size_t)c->len * c->nbuf, PROT_READ | PROT_WRITE, MAP_SHARED, c->fd, 0);
        if (c->mem == MAP_FAILED) { c->mem = NULL; c->nbuf = 0; return err(ENOMEM); }
        owner = c->fd; return 0; }
    case VIDIOC_QUERYBUF: case VIDIOC_QBUF: {
        struct v4l2_buffer *b = arg;
        if (b->type != CAP || b->index >= (uint32_t)c->nbuf) return err(EINVAL);
        int q = is_queued(c, b->index);
        if ((uint32_t)req == VIDIOC_QBUF) { if (q || b->memory != V4L2_MEMORY_MMAP) return err(EINVAL); c->queued[c->nq++] = b->index; q = 1; }
        fill_buf(c, b, V4L2_BUF_FLAG_MAPPED | (q ? V4L2_BUF_FLAG_QUEUED : 0)); return 0; }
    case VIDIOC_DQBUF: { struct v4l2_buffer *b = arg; return b->type == CAP ? dqbuf(i, b) : err(EINVAL); }
    case VIDIOC_STREAMON:
        if (*(uint32_t *)arg != CAP || !c->nbuf) return err(EINVAL);
        if (busy) return err(EBUSY);
        if (!c->streaming) { c->streaming = 1; c->t0 = now_ns(); c->seq = 1; }
        return 0;
    case VIDIOC_STREAMOFF: if (*(uint32_t *)arg != CAP) return err(EINVAL); c->streaming = c->nq = 0; return 0;
    }
    return err(ENOTTY);
}
static int cam_ioctl(int i, unsigned long req, void *arg) {
    pthread_mutex_lock(&mu); int r = do_ioctl(i, req, arg); int e = errno;
    pthread_mutex_unlock(&mu); errno = e;
    static int trace = -1; if (trace < 0) trace = getenv("FAKECAM_TRACE") != NULL;
    if (trace) fprintf(stderr, "fakecam: ioctl %c/%lu -> %d%s%s\n", (int)(req >> 8 & 255), req & 255, r, r ? " " : "", r ? strerror(e) : "");
    return r;
}
static int cam_open(int meta, int flags) {
    if (fault_is("unplug")) return err(ENOENT);
    if (fault_is("eacces")) return err(EACCES);
    if (fault_is("openbusy")) return err(EBUSY);
    long fd = SYS(SYS_memfd_create, "fakecam", flags & O_CLOEXEC ? MFD_CLOEXEC : 0, 0, 0);
    if (fd < 0) return -1;
    pthread_mutex_lock(&mu);
    int i = 0; while (i < MAXFD && cams[i].fd >= 0) i++;
    if (i == MAXFD || !nmode) { pthread_mutex_unlock(&mu); SYS(SYS_close, fd, 0, 0, 0); return err(EMFILE); }
    memset(&cams[i], 0, sizeof cams[i]);
    cams[i].fd = fd; cams[i].meta = meta; cams[i].nonblock = (flags & O_NONBLOCK) != 0;
    cam_epoch[i] = plug_epoch; ncam++;
    pthread_mutex_unlock(&mu);
    return fd;
}
/* The sysfs files of our nodes: -2 not ours, else a descriptor or -1 and errno. */
static int sysfs(const char *p) {
    static const char *A = "/sys/class/video4linux/video", *B = "/sys/dev/char/81:";
    int b = p && !strncmp(p, B, strlen(B)); char text[160], *e;
    if (!b && (!p || strncmp(p, A, strlen(A)))) return -2;
    long k = strtol(p + strlen(b ? B : A), &e, 10) - (b ? 0 : node);
    if (k < 0 || k > 1 || fault_is("unplug")) return err(ENOENT);
    if (!strcmp(e, "/name")) snprintf(text, sizeof text, "%s\n", cam_name);
    else if (!strcmp(e, "/uevent")) snprintf(text, sizeof text, "MAJOR=81\nMINOR=%ld\nDEVNAME=video%ld\n", k, node + k);
    else return err(ENOENT);
    long fd = SYS(SYS_memfd_create, "fakecam-sysfs", MFD_CLOEXEC, 0, 0);
    if (fd >= 0) { SYS(SYS_write, fd, text, strlen(text), 0); SYS(SYS_lseek, fd, 0, SEEK_SET, 0); }
    return fd;
}
static int open_any(int dir, const char *p, int flags, mode_t m) {
    int n = path_node(p);
    if (n >= 0) return cam_open(n, flags);
    if (hidden(p)) return err(ENOENT);
    int f = sysfs(p);
    return f == -2 ? (int)SYS(SYS_openat, dir, p, flags, m) : f;
}

/* ---- what the program calls -------------------------------------------- */
#define MODE_ARG mode_t m = 0; if (flags & (O_CREAT | O_TMPFILE)) { va_list a; va_start(a, flags); m = va_arg(a, mode_t); va_end(a); }
int open(const char *p, int flags, ...) { MODE_ARG return open_any(AT_FDCWD, p, flags, m); }
int open64(const char *p, int flags, ...) { MODE_ARG return open_any(AT_FDCWD, p, flags | O_LARGEFILE, m); }
int openat(int d, const char *p, int flags, ...) { MODE_ARG return open_any(d, p, flags, m); }
int openat64(int d, const char *p, int flags, ...) { MODE_ARG return open_any(d, p, flags | O_LARGEFILE, m); }
int __open_2(const char *p, int flags) { return open_any(AT_FDCWD, p, flags, 0); }
int __open64_2(const char *p, int flags) { return open_any(AT_FDCWD, p, flags | O_LARGEFILE, 0); }

FILE *fopen(const char *p, const char *m) { REAL(fopen); int f = sysfs(p); return f == -2 ? real(p, m) : f < 0 ? NULL : fdopen(f, m); }
FILE *fopen64(const char *p, const char *m) { REAL(fopen64); int f = sysfs(p); return f == -2 ? real(p, m) : f < 0 ? NULL : fdopen(f, m); }

int close(int fd) {
    int i = slot(fd);
    if (i >= 0) { pthread_mutex_lock(&mu); drop_bufs(&cams[i]); cams[i].fd = -1; ncam--; pthread_mutex_unlock(&mu); }
    REAL(close); return real(fd);
}
int ioctl(int fd, unsigned long req, ...) {
    va_list a; va_start(a, req); void *arg = va_arg(a, void *); va_end(a);
    int i = slot(fd); return i >= 0 ? cam_ioctl(i, req, arg) : (int)SYS(SYS_ioctl, fd, req, arg, 0);
}
/* The v4l crate makes its ioctls through syscall(). */
long syscall(long n, ...) {
    long x[6]; va_list a; va_start(a, n); for (int i = 0; i < 6; i++) x[i] = va_arg(a, long); va_end(a);
    if (n == SYS_ioctl && ncam) { int i = slot(x[0]); if (i >= 0) return cam_ioctl(i, x[1], (void *)x[2]); }
    return sys(n, x[0], x[1], x[2], x[3], x[4], x[5]);
}
int poll(struct pollfd *f, nfds_t n, int timeout) {
    REAL(poll);
    int mine = 0; for (nfds_t k = 0; k < n && ncam; k++) if (slot(f[k].fd) >= 0) mine = 1;
    if (!mine) return real(f, n, timeout);
    struct pollfd o[n]; uint64_t end = timeout < 0 ? ~0ull : now_ns() + timeout * 1000000ull;
    for (;;) {
        int hits = 0;
        pthread_mutex_lock(&mu);
        for (nfds_t k = 0; k < n; k++) {
            int i = slot(f[k].fd); short r = 0; o[k] = f[k]; o[k].revents = f[k].revents = 0;
            if (i < 0) continue;
            o[k].fd = -1; ready(i, &r);
            f[k].revents = r & (f[k].events | POLLERR | POLLHUP); if (f[k].revents) hits++;
        }
        pthread_mutex_unlock(&mu);
        int r = real(o, n, 0); if (r < 0) return r;
        for (nfds_t k = 0; k < n; k++) if (o[k].fd >= 0 && (f[k].revents = o[k].revents)) hits++;
        uint64_t t = now_ns();
        if (hits || t >= end) return hits;
        if (nap(end - t < 1000000 ? end - t : 1000000)) return -1;   /* a signal ends it, as in the kernel */
    }
}
int select(int n, fd_set *r, fd_set *w, fd_set *x, struct timeval *tv) {
    REAL(select);
    for (int k = 0; k < n && r && ncam; k++) if (FD_ISSET(k, r) && slot(k) >= 0) {   /* one camera at a time */
        struct pollfd p = { k, POLLIN, 0 }; int q = poll(&p, 1, tv ? (int)(tv->tv_sec * 1000 + tv->tv_usec / 1000) : -1);
        FD_ZERO(r); if (w) FD_ZERO(w); if (x) FD_ZERO(x);
        if (q > 0) FD_SET(k, r);
        return q > 0 ? 1 : q;
    }
    return real(n, r, w, x, tv);
}
/* /dev's listing: our nodes first, then the rest without real cameras. */
static struct { DIR *d; int at; } dirs[16];
static int dir_ix(DIR *d) { for (int i = 0; i < 16; i++) if (d && dirs[i].d == d) return i; return -1; }
DIR *opendir(const char *p) {
    REAL(opendir); DIR *d = real(p);
    if (d && (!strcmp(p, "/dev") || !strcmp(p, "/dev/"))) {
        pthread_mutex_lock(&mu);
        for (int i = 0; i < 16; i++) if (!dirs[i].d) { dirs[i].d = d; dirs[i].at = 0; break; }
        pthread_mutex_unlock(&mu);
    }
    return d;
}
#define READDIR(name, type) \
struct type *name(DIR *d) { \
    REAL(name); int i = dir_ix(d); \
    if (i < 0) return real(d); \
    static __thread struct type e; \
    if (dirs[i].at < 2 && !fault_is("unplug")) { \
        memset(&e, 0, sizeof e); e.d_ino = 9000 + dirs[i].at; e.d_type = DT_CHR; e.d_reclen = sizeof e; \
        snprintf(e.d_name, sizeof e.d_name, "video%d", node + dirs[i].at++); return &e; \
    } \
    struct type *r; \
    do r = real(d); while (r && !strncmp(r->d_name, "video", 5) && r->d_name[5] >= '0' && r->d_name[5] <= '9'); \
    return r; \
}
READDIR(readdir, dirent)
READDIR(readdir64, dirent64)
int closedir(DIR *d) { REAL(closedir); int i = dir_ix(d); if (i >= 0) dirs[i].d = NULL; return real(d); }

/* existence tests and the "is it a char device with major 81" test */
static int stat_any(const char *p) { int n = path_node(p); return n < 0 ? (hidden(p) ? -2 : -1) : fault_is("unplug") ? -2 : n; }
#define STAT(name, type) \
int name(const char *p, struct type *s) { \
    int n = stat_any(p); REAL(name); \
    if (n == -1) return real(p, s); \
    if (n == -2) return err(ENOENT); \
    memset(s, 0, sizeof *s); s->st_mode = S_IFCHR | 0660; s->st_rdev = makedev(81, n); s->st_nlink = 1; return 0; }
STAT(stat, stat)
STAT(stat64, stat64)
STAT(lstat, stat)
int fstat(int fd, struct stat *s) {
    REAL(fstat); int r = real(fd, s), i = slot(fd);
    if (!r && i >= 0) { s->st_mode = S_IFCHR | 0660; s->st_rdev = makedev(81, cams[i].meta); s->st_size = 0; }
    return r;
}
int access(const char *p, int mode) {
    int n = stat_any(p); REAL(access);
    return n == -1 ? real(p, mode) : n == -2 ? err(ENOENT) : fault_is("eacces") && mode ? err(EACCES) : 0;
}
int statx(int d, const char *p, int flags, unsigned mask, struct statx *s) {
    int n = stat_any(p);
    if (n == -1) return (int)sys(SYS_statx, d, (long)p, flags, mask, (long)s, 0);
    if (n == -2) return err(ENOENT);
    memset(s, 0, sizeof *s); s->stx_mask = STATX_BASIC_STATS; s->stx_mode = S_IFCHR | 0660; s->stx_rdev_major = 81; s->stx_rdev_minor = n; s->stx_nlink = 1;
    return 0;
}
