#include "entities.h"

#include <string.h>

/* Each with a space before and behind it. */
static const char words[] =
    " abre abrir abuela abuelo aca ademas adquirir agrega agregala agregale agregalo"
    " agregalos agregame agregar agregas agregue aguanta ah ahi ahora ahorita al"
    " algo algun alguna algunas alguno algunos alla amiga amigo amor anade anadela"
    " anadelo anademe anadir ando anota anotalo anotame antes anuncian any aparta"
    " apartame apartas aparte apunta apuntame apunto aquel aquella aquellas aquellos"
    " aqui are articulo articulos as asi aumenta aun aunque ay ayer ayuda ayudame"
    " ayudas baja bajale bajame barata baratas barato baratos bastante bien boa"
    " bolsita bom bonita bonito borra borrala borralo borrame borrar bro buen buena"
    " buenas bueno buenos busca buscaba buscame buscamos buscan buscando buscar"
    " buscas busco cambia cambiame cambiar can canasta cantidad cara caracteristicas"
    " caras cargame caro caros carrito carro casa casualidad catalogo categoria"
    " categorias causa cesta che cinco claro cojo color colores como compadre compra"
    " compran comprar comprare compraria comprarlo compre compro con conseguir"
    " consigo consulta cosa cosas costaba costaria costo creo cual cuales cuando"
    " cuanta cuantas cuanto cuantos cuarta cuarto cuatro cuentame cuesta cuestan"
    " cuesten custa da dale dame dar darme das de decir deja dejalo dejame del deme"
    " departamento descripcion descuento descuentos desde deseo despues detalle"
    " detalles dia dias dice dices diez diga digame dijiste dime disculpa disculpe"
    " dispone disponen disponible disponibles do does dolares donde dos duda dura"
    " duran e echa echale echame economica economico economicos eh ejemplo el"
    " elimina eliminalo eliminame eliminar ella ellos en encanto encargar encargo"
    " encontrar encontre encuentro ensename ensenas ensenaste enseneme entonces"
    " entrar entre entregan envia enviame enviar enviarme era eran es esa esas ese"
    " eso esos espera espere esposa esposo essa esse esta estaba estamos estan estas"
    " este esto estos estoy euros existe existencia explorar falta faltaba faltan"
    " favor favorcito for foto fotos fue funciona funcionan garantia general get"
    " gostaria gracias guardame gusta gustan gustar gustaria gusto habra hace hacen"
    " hacer haces hasta have hay haya hello hermana hermano hi hija hijo hola holi"
    " how hoy i igual in incluye incluyeme incluyen info informacion interes"
    " interesa interesada interesado interesan interese ir is it jaja jeje kiero"
    " kisiera le les like linda lindas lindo lindos liquidacion lista listo llegar"
    " llegaron llego llegue llevame llevar llevare llevaria llevarme llevas llevo lo"
    " loco looking lucas luego lugar mal mama manana manda mandame mandar mandaron"
    " mandas mandaste mande mandeme mandenme mando maneja manejan manejas manito"
    " mano marca marcas mas material maximo me medida medidas mejor menos menu mete"
    " metele meteme meter mi mia mide miden mientras mijo mil minimo mio mios mira"
    " mire mis modelo modelos momento mostra mostrame mostrar much muestra muestrame"
    " muestreme muestren muy my na nada nas necesita necesitamos necesitan necesito"
    " need ni no noche noches nomas normalmente nos novia novio nueva nueve nuevo"
    " numero nunca o ocho ocupamos ocupo of oferta ofertas oh oi oiga ojala ok okay"
    " ola on opcion opciones orden original originales os otra otras otro otros oye"
    " pana papa para parce parte pasa pasame pasas pedido pedir peor perdon perfecto"
    " pero pesa pesan pesos pideme pido pienso please poco podemos poder podes"
    " podria podrian podrias pon poneme poner pones pongame ponla ponle ponlo ponlos"
    " ponme por porfavor porque precio precios precisa preciso pregunta preguntar"
    " presupuesto primera primero procuro producto productos promo promocion"
    " promociones promos publicaron puede pueden puedes puedo pues qual quanto que"
    " queda quedan quedaria quedo queria quero querria quien quiere quieren quiero"
    " quinta quinto quisiera quita quitala quitale quitalo quitame quitar quiten"
    " quites real reales rebaja rebajas recomendacion recomienda recomiendan"
    " recomiendas regala regalame regalas reina remover remueva remueve reservame"
    " resta retira retirar sabe saber sabes saca sacala sacale sacalo sacame sacar"
    " sale salen salio se sea sean seccion secciones segunda segundo seis separame"
    " ser sera seran seria serian show si siempre siete sigue siguen sin sino sirve"
    " sirven solamente soles solo some son soporta stock su sube subele suegra suma"
    " sumale sumalo sumame sumar sus tacha talla tallas talle talles tamano tambien"
    " tampoco tan tanto tarde tardes te tem tendra tendran tendras tendre tendreis"
    " tendria tendrian teneis tenes tenga tengan tercera tercero that the this tia"
    " tienda tiene tienen tienes tio tipo tipos toda todas todavia todo todos"
    " trabaja trabajan trae traen trajo tres tu tus u uff ultima ultimo um uma umas"
    " un una unas uno unos uns urge urgente urgentemente usado usted ustedes uy va"
    " vacia vaciar vale valen valor vamos van vas vcs veci vecina vecino vendan"
    " vende vendeis venden vendes vengo venta veo ver verdad verlo verme vez vi"
    " video viendo viene vienen vieron vino voce voces volver vos voy want weon what"
    " which would y ya yo you your"
    " final puse dije mismos mismo misma parecido parecida parecidos similar"
    " similares querer siguientes siguiente mero cada media mandes tengo gastar"
    " tengas carta kategorias kategoria departamentos listado lineas mirar miro rato"
    " seguir katalogo pasen fa dedican ensenan gran chicos pagina web catalogos"
    " listas par docena elimna sca kitar kita agrege tien tienne aceptan urgentes"
    " hecho prestaron ponganme pongan regreso llega salir preguntaba sirvan"
    " encargarte anden compatible impermeable"
    " ";

bool entity_is_chatter(struct svc_slice word)
{
    char spaced[68];

    if (word.length == 0 || word.length > sizeof spaced - 3) {
        return false;
    }
    spaced[0] = ' ';
    memcpy(spaced + 1, word.text, word.length);
    spaced[word.length + 1] = ' ';
    spaced[word.length + 2] = '\0';
    return strstr(words, spaced) != NULL;
}
